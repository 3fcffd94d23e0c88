using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>
/// The columns of stored rows: those of the table, and the hash of the key as the last one, which files leave out where it follows from the others. What compaction has to know of the table stands in the
/// schema's metadata, since it has no operator to ask.
/// </summary>
/// <param name="Columns">The columns with their metadata.</param>
/// <param name="KeyColumns">Places of the columns that are the key.</param>
/// <param name="TimeColumn">Place of the event time; null where there is none.</param>
/// <param name="RetentionMicros">How long rows count behind the watermark; null for ever.</param>
internal sealed record StoredSchema(ArrowSchema Columns, int[] KeyColumns, int? TimeColumn, long? RetentionMicros)
{
    private ArrowSchema? _file;

    private const string KeysName = "orleansflow.key_columns";
    private const string TimeName = "orleansflow.time_column";
    private const string HashName = "orleansflow.hash_column";
    private const string RetentionName = "orleansflow.retention_micros";

    /// <summary>The column of the hash.</summary>
    public static ArrowField HashField { get; } = new(RowTableOptions.KeyHashColumn, ArrowType.UInt64, isNullable: false);

    /// <summary>The columns of the file.</summary>
    public ArrowSchema File => _file ??= HashSourceOf(Columns) is null ? Columns : new ArrowSchema([.. Columns.Fields.SkipLast(1)], Columns.Metadata);

    /// <summary>The schema of the files of a table.</summary>
    public static StoredSchema Of(RowTableOptions options)
    {
        var retention = options.Retention?.Ticks / TimeSpan.TicksPerMicrosecond;
        var metadata = options.Schema.Metadata.ToList();
        metadata.Add(new(KeysName, string.Join(',', options.KeyColumns.Select(column => column.ToString(CultureInfo.InvariantCulture)))));
        metadata.Add(new(TimeName, options.TimeColumn?.ToString(CultureInfo.InvariantCulture) ?? ""));
        metadata.Add(new(RetentionName, retention?.ToString(CultureInfo.InvariantCulture) ?? ""));
        metadata.Add(new(HashName, options.HashColumn?.ToString(CultureInfo.InvariantCulture) ?? ""));
        return new StoredSchema(new ArrowSchema([.. options.Schema.Fields, HashField], metadata), [.. options.KeyColumns], options.TimeColumn, retention);
    }

    /// <summary>What a file says of itself.</summary>
    /// <exception cref="FlowException">It is no file of rows (<see cref="FlowErrorCode.StateCorrupt"/>).</exception>
    public static StoredSchema Read(string path, ArrowSchema schema)
    {
        var metadata = schema.Metadata.ToLookup(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        try
        {
            var keys = metadata[KeysName].Last().Split(',', StringSplitOptions.RemoveEmptyEntries).Select(key => int.Parse(key, CultureInfo.InvariantCulture));
            return new StoredSchema(schema, [.. keys], (int?)Number(metadata[TimeName].Last()), Number(metadata[RetentionName].Last()));
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or OverflowException)
        {
            throw new FlowException(FlowErrorCode.StateCorrupt, $"File '{path}' does not say what its rows are; it is no file of a table.", exception);
        }
    }

    /// <summary>What the hash of a row follows from: the columns of the key, or one that has it.</summary>
    /// <returns>Null when it follows from nothing, or no table wrote the schema.</returns>
    /// <exception cref="FlowException">The metadata is no table's (<see cref="FlowErrorCode.StateCorrupt"/>).</exception>
    public static (int[] KeyColumns, int? HashColumn)? HashSourceOf(ArrowSchema schema)
    {
        // Files from before the place was noted have the hash in themselves.
        if (!schema.Metadata.Any(pair => pair.Key == HashName))
        {
            return null;
        }

        var stored = Read("of state", schema);
        var hash = (int?)Number(schema.Metadata.Last(pair => pair.Key == HashName).Value);
        return hash is not null || stored.KeyColumns.Length > 0 ? (stored.KeyColumns, hash) : null;
    }

    private static long? Number(string text) => text.Length == 0 ? null : long.Parse(text, CultureInfo.InvariantCulture);
}
