using System.CommandLine;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Admin;
using OrleansFlow.Storage.Schema;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow db migrate</c> and <c>flow db copy</c>.</summary>
internal static class DbCopyCommand
{
    public static Command CreateMigrate()
    {
        var command = new Command("migrate", "Create a store's tables, or raise them to this version. Safe to repeat.");
        var store = DbStoreOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var admin = store.Open(parsed);
            var migrator = store.Connection(parsed) is { } connection
                ? StoreMigrator.ForPostgres(connection, store.Schema(parsed))
                : StoreMigrator.ForSqlite(store.DatabasePath(parsed));
            var result = await migrator.MigrateAsync(cancellationToken);
            Console.WriteLine(result.Changed ? $"schema version {result.FromVersion} -> {result.ToVersion}" : $"schema version {result.ToVersion}, nothing to do");
            return 0;
        });
        return command;
    }

    public static Command CreateCopy()
    {
        var from = Kind("from", "Store to read: sqlite (--data) or postgres (--connection).");
        var to = Kind("to", "Store to fill, which must be empty.");
        var command = new Command("copy", "Move a store: flow db copy sqlite postgres. No silo may own either.") { from, to };
        var store = DbStoreOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(from) == parsed.GetValue(to))
            {
                throw new FlowException(FlowErrorCode.BadOption, "Copy goes from sqlite to postgres or back; between two SQLite folders copy a backup.");
            }

            var connection = store.Connection(parsed)
                ?? DbStoreOptions.ConnectionVariable
                ?? throw new FlowException(FlowErrorCode.BadOption, "Name the PostgreSQL server with --connection or FLOW_POSTGRES.");
            await using var sqlite = StoreAdmin.ForSqlite(store.DatabasePath(parsed));
            await using var postgres = StoreAdmin.ForPostgres(connection, store.Schema(parsed));
            var (source, target) = parsed.GetValue(from) == "sqlite" ? (sqlite, postgres) : (postgres, sqlite);
            var count = await StoreAdmin.CopyAsync(source, target, cancellationToken);
            Console.WriteLine($"{count} states copied from {source.Description} to {target.Description}");
            return 0;
        });
        return command;
    }

    private static Argument<string> Kind(string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        argument.AcceptOnlyFromAmong("sqlite", "postgres");
        return argument;
    }
}
