using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Inputs;

/// <summary>
/// <c>pull.query</c>: the rows of one SELECT over the parents' artifacts, each parent a table of its name, and over files, each a table of the name
/// that the arguments give it.
/// </summary>
/// <remarks>
/// Parents are read to their end first; their batches refer to mapped files, not to memory of their own. The statement reaches no file but those that
/// were named and allowed: the engine is locked before it is asked.
/// </remarks>
internal sealed class QueryAdapter(IOptions<InputAdapterOptions>? options = null) : InputAdapter, IDisposable
{
    private const int DefaultBatchRows = 65_536;

    private readonly List<RecordBatch> _held = [];

    public override async IAsyncEnumerable<InputBatch> ReadAsync(AdapterCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var allowed = options?.Value ?? new InputAdapterOptions();
        var tables = TablesOf(call, new FilePolicy(allowed.Roots, allowed.FilesMax));
        var parents = call.Texts("from_nodes") ?? call.Context.Parents;
        if (parents.FirstOrDefault(tables.ContainsKey) is { } both)
        {
            throw call.Refuse("files", $"'{both}' is also a parent, whose artifacts are the table of that name; choose another.");
        }

        await using var engine = await AdapterEngine.OpenAsync(allowed.EngineMemoryBytes, call.Context.TempFolder, cancellationToken);
        foreach (var parent in parents)
        {
            await RegisterAsync(call, engine.Session, parent, cancellationToken);
        }

        var files = tables.Values.SelectMany(table => table.Files).Distinct(StringComparer.Ordinal);
        await AdapterEngine.TranslateAsync(() => engine.Session.ExecuteAsync(
            $"SET allowed_paths = [{string.Join(", ", files.Select(EngineText.Literal))}]; SET enable_external_access = false; SET lock_configuration = true", null, cancellationToken));
        foreach (var (name, (function, paths)) in tables)
        {
            await AdapterEngine.TranslateAsync(() => engine.Session.ExecuteAsync(
                $"CREATE TEMP VIEW {EngineText.Quote(name)} AS SELECT * FROM {FileForm.Scan(function, paths)}", null, cancellationToken));
        }

        var statement = call.Text("statement");
        await RequireSelectAsync(call, engine.Session, statement, cancellationToken);
        var batchRows = (int)call.WholeNumber("batch_rows", DefaultBatchRows);
        var done = call.Position is { } position ? long.Parse(position, NumberStyles.None, CultureInfo.InvariantCulture) : 0;
        var (number, row) = (0L, 0L);
        await foreach (var batch in engine.QueryAsync(statement, batchRows, cancellationToken))
        {
            var (uid, first) = (number++, row);
            row += batch.RowCount;
            if (uid < done)
            {
                batch.Dispose();
                continue;
            }

            yield return new InputBatch(uid.ToString(CultureInfo.InvariantCulture), batch, new RowsInput("statement", first))
            {
                Position = number.ToString(CultureInfo.InvariantCulture),
            };
        }
    }

    public void Dispose() => _held.ForEach(batch => batch.Dispose());

    private static SortedDictionary<string, (string Function, IReadOnlyList<string> Files)> TablesOf(AdapterCall call, FilePolicy policy)
    {
        var tables = new SortedDictionary<string, (string, IReadOnlyList<string>)>(StringComparer.Ordinal);
        if (call.Value("files") is not { ValueKind: JsonValueKind.Object } given)
        {
            return tables;
        }

        foreach (var table in given.EnumerateObject())
        {
            if (table.Name.Length == 0 || table.Name.Contains('\0', StringComparison.Ordinal) || table.Value.ValueKind != JsonValueKind.String || table.Value.GetString()!.Length == 0)
            {
                throw call.Refuse("files", $"expected table names with paths, found '{table.Name}': {table.Value.GetRawText()}.");
            }

            var files = policy.Find(call, "files", [table.Value.GetString()!]);
            if (files.Count == 0)
            {
                throw new FlowException(FlowErrorCode.DataFileMissing, $"'{table.Value.GetString()}' of table '{table.Name}' finds no file, so its columns are not known.");
            }

            tables[table.Name] = (FileForm.Of(call, "files", files[0], "auto"), files);
        }

        return tables;
    }

    private static async Task RequireSelectAsync(AdapterCall call, EngineSession session, string statement, CancellationToken cancellationToken)
    {
        if (await AdapterEngine.TranslateAsync(() => session.CountStatementsAsync(statement, cancellationToken)) != 1)
        {
            throw call.Refuse("statement", "expected one SELECT.");
        }

        await using var prepared = await AdapterEngine.TranslateAsync(() => session.PrepareAsync(statement, cancellationToken));
        if ((await AdapterEngine.TranslateAsync(() => prepared.DescribeAsync(cancellationToken))).Kind != StatementKind.Select)
        {
            throw call.Refuse("statement", "only a SELECT gives rows to read; a role of your own can do more.");
        }
    }

    private async Task RegisterAsync(AdapterCall call, EngineSession session, string parent, CancellationToken cancellationToken)
    {
        var first = _held.Count;
        await foreach (var input in call.Context.ReadUpstreamAsync(parent, cancellationToken))
        {
            _held.Add(input.Batch!);
        }

        if (_held.Count == first)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"Node '{parent}' has made no batches, so its columns are not known; it must emit at least an empty one.");
        }

        await session.RegisterBatchesAsync(parent, _held[first].Schema, _held.Skip(first), cancellationToken);
    }
}
