# Completion of peak-console in bash. To have it, put into ~/.bashrc:  source <(peak-console completion bash)
_peak_console() {
  local line end=$'\x1f'
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      '<files>') compopt -o default ;;
      '<directories>')
        compopt -o filenames
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$2") ;;
      '<more>') compopt -o nospace ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <("${1/#\~/$HOME}" completion bash "--words=$COMP_LINE$end$COMP_POINT$end$COMP_WORDBREAKS" 2>/dev/null)
}
complete -F _peak_console peak-console
