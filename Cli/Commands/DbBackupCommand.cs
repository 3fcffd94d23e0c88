using System.CommandLine;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Admin;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow db backup</c> and <c>flow db restore</c>.</summary>
internal static class DbBackupCommand
{
    public static Command CreateBackup()
    {
        var file = new Argument<string>("file") { Description = "The backup; must not exist." };
        var command = new Command("backup", "Write a whole copy of a SQLite store; the silo may run.") { file };
        var store = DbStoreOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            if (store.Connection(parsed) is not null)
            {
                throw new FlowException(FlowErrorCode.BadOption, "PostgreSQL is backed up by its own tools: pg_dump, or a base backup with archived WAL.");
            }

            var path = parsed.GetValue(file)!;
            SqliteBackup.Backup(store.DatabasePath(parsed), path);
            Console.WriteLine($"backed up to {path} ({new FileInfo(path).Length} bytes)");
            return 0;
        });
        return command;
    }

    public static Command CreateRestore()
    {
        var file = new Argument<string?>("file")
        {
            Description = "The backup. With --connection none: the database was restored by PostgreSQL's tools, and is told so.", Arity = ArgumentArity.ZeroOrOne,
        };
        var generation = new Option<long>("--generation")
        {
            Description = "At least this generation. Needed only when the store is lost and had been restored before: give one more than it had.",
        };
        var command = new Command("restore", "Put a backup in the place of the store. No silo may own it; leases of before end.") { file, generation };
        var store = DbStoreOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            long now;
            switch (parsed.GetValue(file), store.Connection(parsed))
            {
                case ({ } path, null):
                    now = SqliteBackup.Restore(store.DatabasePath(parsed), path, parsed.GetValue(generation));
                    Console.WriteLine($"what was there is in {store.DatabasePath(parsed)}{SqliteBackup.ReplacedEnding}");
                    break;
                case (null, { } connection):
                    now = await StoreAdmin.RaisePostgresGenerationAsync(connection, store.Schema(parsed), cancellationToken);
                    break;
                default:
                    throw new FlowException(FlowErrorCode.BadOption, "Give the backup FILE of a SQLite store, or --connection of a PostgreSQL database that was restored already.");
            }

            Console.WriteLine($"restored; the store is of generation {now}, every lease of before has ended");
            return 0;
        });
        return command;
    }
}
