using System.CommandLine;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow db</c>: looks after a store.</summary>
internal static class DbCommand
{
    public static Command Create() => new("db", "Check, inspect, back up, restore, migrate or copy a store.")
    {
        DbCheckCommand.Create(),
        DbInspectCommand.Create(),
        DbBackupCommand.CreateBackup(),
        DbBackupCommand.CreateRestore(),
        DbCopyCommand.CreateMigrate(),
        DbCopyCommand.CreateCopy(),
    };
}
