using OrleansFlow.Silo.Gateway.Streams;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Full name of a table.</summary>
/// <param name="Catalog"><see cref="Registered"/> or <see cref="Runs"/>.</param>
/// <param name="Schema">The namespace, or the run.</param>
/// <param name="Table">The table, or the node.</param>
internal readonly record struct SqlTableName(string Catalog, string Schema, string Table)
{
    /// <summary>Catalog of the registered tables; names without a catalog mean it.</summary>
    public const string Registered = "flow";

    /// <summary>Catalog of the outputs of runs: <c>runs.RUN.NODE</c>.</summary>
    public const string Runs = "runs";

    /// <summary>Schema of the engine for tables of attached databases whose schema is not written.</summary>
    public const string AttachedSchema = "main";

    /// <summary>Whether it is a table of an attached database.</summary>
    public bool IsAttached => Catalog is not (Registered or Runs);

    public bool IsOfRun => Catalog == Runs;

    /// <summary>Whether it is a live stream: <c>streams.NAME</c>.</summary>
    public bool IsStream => Catalog == Registered && Schema == StreamLogs.Namespace;

    /// <summary>Whether the engine takes two names for the same.</summary>
    public bool IsSame(SqlTableName other) => ToString().Equals(other.ToString(), StringComparison.OrdinalIgnoreCase);

    public override string ToString() => $"{Catalog}.{Schema}.{Table}";
}
