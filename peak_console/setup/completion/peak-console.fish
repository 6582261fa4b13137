# Completion of peak-console in fish. To have it:
#   peak-console completion fish > ~/.config/fish/completions/peak-console.fish
function __peak_console
  set -l words (commandline -opc)
  set -l program (string replace -r '^~' $HOME -- $words[1])
  set -l typed (commandline -ct)
  set -l flag (string match -r '^--[^=]*=' -- $typed)
  set -l value (string replace -r '^--[^=]*=' '' -- $typed)
  set -l asked (string join \x1f -- $words[2..-1] (string unescape -- $typed; or echo $typed))
  for line in ($program completion fish "--words=$asked" 2>/dev/null)
    switch $line
      case '<files>'
        for path in (__fish_complete_path "$value")
          echo "$flag$path"
        end
      case '<directories>'
        for path in (__fish_complete_directories "$value" '')
          echo "$flag$path"
        end
      case '<more>'
      case '*'
        echo $line
    end
  end
end
complete -c peak-console -f -k -a '(__peak_console)'
