"""The commands of `./interline`: one file a command. `cli.setup` needs nothing but Python itself."""
