using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Inputs;

/// <summary><c>pull.files</c>: row ranges of Parquet, CSV and JSON files. Several tasks of a node divide them.</summary>
internal sealed class FileAdapter(IOptions<InputAdapterOptions>? options = null) : InputAdapter
{
    private const int DefaultBatchRows = 65_536;

    public override async IAsyncEnumerable<InputBatch> ReadAsync(AdapterCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var allowed = options?.Value ?? new InputAdapterOptions();
        var files = new FilePolicy(allowed.Roots, allowed.FilesMax).Find(call, "paths", call.Texts("paths")!);
        var format = call.Text("format", "auto");
        var readers = files.ToDictionary(file => file, file => FileForm.Of(call, "format", file, format), StringComparer.Ordinal);
        if (files.Count == 0)
        {
            yield break;
        }

        var batchRows = (int)call.WholeNumber("batch_rows", DefaultBatchRows);
        await using var engine = await AdapterEngine.OpenAsync(allowed.EngineMemoryBytes, call.Context.TempFolder, cancellationToken);
        var counts = call.Context.TaskCount > 1 ? await CountAsync(engine, [.. files.Where(file => readers[file] == "read_parquet")], cancellationToken) : [];
        var ranges = FileRange.Plan(
            [.. files.Select(file => (file, counts.TryGetValue(file, out var rows) ? rows : (long?)null))], batchRows, call.Context.TaskId.Index, call.Context.TaskCount);
        foreach (var range in After(ranges, call))
        {
            var row = range.FirstRow;
            await foreach (var batch in engine.QueryAsync(StatementOf(call, readers[range.Path], range), batchRows, cancellationToken))
            {
                var first = row;
                row += batch.RowCount;
                yield return new InputBatch(
                    string.Create(CultureInfo.InvariantCulture, $"{range.Path}@{first}"), batch, new RowsInput(range.Path, first))
                {
                    Position = string.Create(CultureInfo.InvariantCulture, $"{row}@{BatchUids.OfText(range.Path)}"),
                };
            }
        }
    }

    private static ImmutableArray<FileRange> After(ImmutableArray<FileRange> ranges, AdapterCall call)
    {
        if (call.Position?.Split('@') is not [var row, var file])
        {
            return ranges;
        }

        var path = ranges.FirstOrDefault(range => BatchUids.OfText(range.Path) == file)?.Path ?? throw new FlowException(
            FlowErrorCode.DataFileMissing, $"The file that the last accepted batch of task '{call.Context.TaskId}' was read from is no longer among those that 'paths' finds.");
        return FileRange.After(ranges, path, long.Parse(row, NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private static async Task<Dictionary<string, long>> CountAsync(AdapterEngine engine, string[] files, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        if (files.Length == 0)
        {
            return counts;
        }

        var sql = $"SELECT file_name::VARCHAR, num_rows::BIGINT FROM parquet_file_metadata([{string.Join(", ", files.Select(EngineText.Literal))}])";
        await foreach (var batch in engine.QueryAsync(sql, DefaultBatchRows, cancellationToken))
        {
            using var owned = batch;
            for (var i = 0; i < batch.RowCount; i++)
            {
                counts[((TextArray)batch.Column(0)).GetString(i)!] = batch.Column<Int64Array>(1).Values[i];
            }
        }

        return counts;
    }

    private static string StatementOf(AdapterCall call, string function, FileRange range)
    {
        var columns = call.Texts("columns") is { } named ? string.Join(", ", named.Select(EngineText.Quote)) : "*";
        var isPart = range.FirstRow > 0 || range.RowCount is not null;
        if (!isPart)
        {
            return $"SELECT {columns} FROM {FileForm.Scan(function, [range.Path])}";
        }

        if (function != "read_parquet")
        {
            return string.Create(CultureInfo.InvariantCulture, $"SELECT {columns} FROM {FileForm.Scan(function, [range.Path])} OFFSET {range.FirstRow}");
        }

        // The row's number is known to the reader of Parquet, which skips what it need not open.
        var end = range.RowCount is { } count ? string.Create(CultureInfo.InvariantCulture, $" AND file_row_number < {range.FirstRow + count}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {(columns == "*" ? "* EXCLUDE (file_row_number)" : columns)} FROM read_parquet({EngineText.Literal(range.Path)}, file_row_number = true, hive_partitioning = false) WHERE file_row_number >= {range.FirstRow}{end}");
    }
}
