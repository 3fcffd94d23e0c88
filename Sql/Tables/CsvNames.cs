using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Sql.Tables;

/// <summary>Looks whether CSV files have the same columns before a query finds out that they do not.</summary>
internal static class CsvNames
{
    private const int SampledFilesMax = 8;

    // What the engine's look at one file does not take.
    private static readonly HashSet<string> NotForSniffing = new(
        [
            TableReaders.UnionByName, TableReaders.HivePartitioning, TableReaders.HiveTypes, TableReaders.HiveTypesAutocast, TableReaders.FileName, "files_to_sniff",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The engine's look at one file, as a table.</summary>
    public static string Sniffer(TableSource source, string path) =>
        $"sniff_csv({EngineText.Literal(path)}{TableText.Arguments(source.Options.Where(option => !NotForSniffing.Contains(option.Name)))})";

    /// <summary>Compares the headers of files spread over the whole list with the first one's.</summary>
    /// <exception cref="FlowException">One lacks a column.</exception>
    public static async Task ThrowIfUnlikeAsync(EngineSession session, TableSource source, string[] paths, CancellationToken cancellationToken)
    {
        if (source.Says(TableReaders.UnionByName) || ((string[])[TableReaders.Columns, "names", "auto_detect", "header"]).Any(name => source.Option(name) is not null))
        {
            return;
        }

        IReadOnlyList<string>? first = null;
        var step = Math.Max(1, paths.Length / SampledFilesMax);
        for (var index = 0; index < paths.Length; index += step)
        {
            var names = await NamesAsync(session, source, paths[index], cancellationToken).ConfigureAwait(false);
            first ??= names;
            if (names.Count > 0 && first.FirstOrDefault(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } missing)
            {
                throw new FlowException(
                    FlowErrorCode.BadInput,
                    $"The column '{missing}' is in '{paths[0]}' and missing in '{paths[index]}'; read them with union_by_name = true, or leave one out.");
            }
        }
    }

    /// <summary>Names in the header; none without one.</summary>
    private static async Task<IReadOnlyList<string>> NamesAsync(EngineSession session, TableSource source, string path, CancellationToken cancellationToken)
    {
        var rows = await MetadataQuery.RowsAsync(
            session,
            $"SELECT unnest(list_transform(Columns, lambda c: c.name)) FROM {Sniffer(source, path)} WHERE HasHeader",
            null,
            cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(row => (string)row[0]!)];
    }
}
