using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Queries.Databases;

/// <summary>What is read of a PostgreSQL table.</summary>
internal sealed record PostgresRead
{
    /// <summary>The database, by the name that queries give it.</summary>
    public required string Database { get; init; }

    /// <summary>Schema of the table, as PostgreSQL has it.</summary>
    public required string Schema { get; init; }

    /// <summary>The table, view or foreign table.</summary>
    public required string Table { get; init; }

    /// <summary>Its columns that are read; at least one.</summary>
    public required IReadOnlyList<PostgresColumn> Columns { get; init; }

    /// <summary>A condition in PostgreSQL's words; empty for all rows.</summary>
    public string Where { get; init; } = "";

    /// <summary>The query.</summary>
    [JsonIgnore]
    public string Sql =>
        $"SELECT {string.Join(", ", Columns.Select(column => column.ReadSql))} FROM {PostgresText.Quote(Schema)}.{PostgresText.Quote(Table)}{(Where.Length == 0 ? "" : $" WHERE {Where}")}";

    /// <summary>Columns of the rows.</summary>
    public ArrowSchema ToSchema() => new([.. Columns.Select(column => new ArrowField(column.Name, column.Type))]);

    /// <summary>As tasks carry it. Nothing of how the database is reached is in it.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, PostgresReadJson.Default.PostgresRead);

    /// <exception cref="JsonException">It is none.</exception>
    public static PostgresRead Decode(ReadOnlySpan<byte> body) => JsonSerializer.Deserialize(body, PostgresReadJson.Default.PostgresRead) ?? throw new JsonException("It is empty.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(PostgresRead))]
internal sealed partial class PostgresReadJson : JsonSerializerContext;
