#compdef peak-console
# Completion of peak-console in zsh. To have it, put into ~/.zshrc, below compinit:  source <(peak-console completion zsh)
_peak_console() {
  local line reply program=${(Q)words[1]}
  local -a texts shown options=(-V peak-console) typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
  reply=$(${program/#\~/$HOME} completion zsh "--words=${(pj:\x1f:)typed}" 2>/dev/null)
  for line in ${(f)reply}; do
    case $line in
      '<files>') compset -P '--[^=]#='; _files; return ;;
      '<directories>') compset -P '--[^=]#='; _files -/; return ;;
      '<more>') options+=(-S '') ;;
      *$'\t'*) options+=(-l); texts+=("${line%%$'\t'*}"); shown+=("${line/$'\t'/  -- }") ;;
      *) texts+=("$line"); shown+=("$line") ;;
    esac
  done
  (( $#texts )) && compadd "${options[@]}" -d shown -a texts
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _peak_console "$@"
else
  compdef _peak_console peak-console
fi
