/**
 * What each shell is told: to ask the command itself. The answer's first line says what follows: `values`, `partial`
 * (values that go on without a space), or `files` (the shell's own). Nothing of an answer is ever evaluated. @pure
 */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** Where each belongs, for the head of its script. */
const HOW: Record<Shell, string> = {
  bash: 'source <(switchyard completion bash)   # in ~/.bashrc',
  zsh: 'source <(switchyard completion zsh)   # in ~/.zshrc, behind compinit',
  fish: 'switchyard completion fish > ~/.config/fish/completions/switchyard.fish',
  powershell: 'switchyard completion powershell | Out-String | Invoke-Expression   # in $PROFILE',
};

const SCRIPTS: Record<Shell, string> = {
  bash: `
_switchyard() {
  local mode line
  COMPREPLY=()
  {
    IFS= read -r mode
    while IFS= read -r line; do COMPREPLY+=("$line"); done
  } < <("$1" __complete bash -- "\${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
  if [[ $mode == partial ]]; then
    compopt -o nospace 2>/dev/null
  elif [[ $mode == files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
  fi
}
complete -o nosort -F _switchyard switchyard 2>/dev/null || complete -F _switchyard switchyard
`,
  zsh: `
_switchyard() {
  local -a lines
  lines=("\${(@f)$("$words[1]" __complete zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  local mode=$lines[1]
  shift lines
  case $mode in
    files) _files ;;
    partial) _describe -V switchyard lines -S '' ;;
    *) _describe -V switchyard lines ;;
  esac
}
compdef _switchyard switchyard
`,
  fish: `
function __switchyard_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines ($words[1] __complete fish -- $words[2..-1] "$typed" 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$typed"
    else
        printf '%s\\n' $lines[2..-1]
    end
end
complete -c switchyard -f -k -a '(__switchyard_complete)'
`,
  powershell: `
Register-ArgumentCompleter -Native -CommandName switchyard -ScriptBlock {
  param($word, $ast, $cursor)
  $length = $cursor - $ast.Extent.StartOffset
  $line = "$ast".PadRight($length).Substring(0, $length)
  $mode, $lines = @(& switchyard __complete powershell -- $line 2>$null)
  foreach ($line in $lines) {
    $value, $text = $line -split "\`t", 2
    if (-not $text) { $text = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
  }
}
`,
};

/** zsh looks for its head in the first line of files that it loads by itself. */
export const completionScript = (shell: Shell): string =>
  `${shell === 'zsh' ? '#compdef switchyard\n' : ''}# ${HOW[shell]}\n${SCRIPTS[shell].trimStart()}`;
