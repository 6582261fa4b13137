"""The console in a browser: a front that lets nobody in without a link, and a console in a terminal behind each tab."""
