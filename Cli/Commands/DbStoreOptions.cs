using System.CommandLine;
using OrleansFlow.Errors;
using OrleansFlow.Storage.Admin;
using OrleansFlow.Storage.Postgres;

namespace OrleansFlow.Cli.Commands;

/// <summary>The options by which <c>flow db</c> finds its store: a data folder, or a PostgreSQL server.</summary>
internal sealed class DbStoreOptions
{
    private readonly Option<string?> _data = new("--data") { Description = "Data folder of a SQLite store (else FLOW_DATA, else .flow/data)." };
    private readonly Option<string?> _connection = new("--connection", "--postgres") { Description = "Connection string of a PostgreSQL store (else FLOW_POSTGRES, unless --data is given)." };
    private readonly Option<string> _schema = new("--schema")
    {
        Description = "Schema of the PostgreSQL store.", DefaultValueFactory = _ => PostgresStoreOptions.DefaultSchema,
    };

    private DbStoreOptions()
    {
    }

    public static DbStoreOptions AddTo(Command command)
    {
        var options = new DbStoreOptions();
        command.Options.Add(options._data);
        command.Options.Add(options._connection);
        command.Options.Add(options._schema);
        return options;
    }

    /// <summary>The PostgreSQL server that is named; null when none is. A silo reads the same variable.</summary>
    public string? Connection(ParseResult parsed) => parsed.GetValue(_connection)
        ?? (parsed.GetValue(_data) is null ? ConnectionVariable : null);

    /// <summary>Content of <c>FLOW_POSTGRES</c>; null when it is not set.</summary>
    public static string? ConnectionVariable => Environment.GetEnvironmentVariable("FLOW_POSTGRES") is { Length: > 0 } variable ? variable : null;

    public string Schema(ParseResult parsed) => parsed.GetValue(_schema)!;

    public string DatabasePath(ParseResult parsed) => Path.Combine(
        parsed.GetValue(_data) ?? (Environment.GetEnvironmentVariable("FLOW_DATA") is { Length: > 0 } variable ? variable : SiloCommand.DefaultDataFolder),
        "flow.db");

    /// <summary>The one store that is named.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: two are.</exception>
    public IStoreAdmin Open(ParseResult parsed)
    {
        if (Connection(parsed) is not { } connection)
        {
            return StoreAdmin.ForSqlite(DatabasePath(parsed));
        }

        return parsed.GetValue(_data) is null
            ? StoreAdmin.ForPostgres(connection, Schema(parsed))
            : throw new FlowException(FlowErrorCode.BadOption, "--data and --connection name two stores; give one of them.");
    }
}
