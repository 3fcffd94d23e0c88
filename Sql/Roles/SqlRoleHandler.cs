using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Workers;

namespace OrleansFlow.Sql.Roles;

/// <summary>
/// The built-in role <c>sql</c>: one DuckDB statement over the outputs of the parent nodes, each a table with the node's name.
/// Parameters: <c>{"statement": "SELECT ...", "max_batch_rows": 65536}</c>.
/// </summary>
/// <remarks>
/// Every parent is read to its end before the statement starts, so that it may name a table more than once; the batches refer to mapped
/// files, not to memory of their own. An attempt has an engine of its own: nothing that one statement makes is seen by another.
/// A result without rows is emitted as one empty batch, so that consumers still see its columns.
/// </remarks>
public sealed class SqlRoleHandler(IOptions<SqlRoleOptions> options) : RoleHandler
{
    /// <summary>Name of the role.</summary>
    public const string Role = "sql";

    /// <summary>Largest value of <c>max_batch_rows</c>.</summary>
    public const int BatchRowsMax = 1024 * 1024;

    private const string StatementName = "statement";
    private const string BatchRowsName = "max_batch_rows";

    private readonly List<RecordBatch> _inputs = [];
    private EngineInstance? _engine;
    private EngineSession? _session;
    private string _statement = "";
    private int _batchRows = EngineSession.DefaultBatchRowCount;

    /// <inheritdoc/>
    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var parameters = context.Params;
        if (parameters.ValueKind != JsonValueKind.Object
            || !parameters.TryGetProperty(StatementName, out var statement)
            || statement.ValueKind != JsonValueKind.String
            || string.IsNullOrWhiteSpace(statement.GetString()))
        {
            throw new FlowException(
                FlowErrorCode.BadInput,
                $"Task '{context.TaskId}' of role '{Role}' has no parameter '{StatementName}'; give its node params {{\"{StatementName}\": \"SELECT ...\"}}.");
        }

        _statement = statement.GetString()!;
        if (parameters.TryGetProperty(BatchRowsName, out var rows))
        {
            _batchRows = rows.ValueKind == JsonValueKind.Number && rows.TryGetInt32(out var number) && number is >= 1 and <= BatchRowsMax
                ? number
                : throw new FlowException(
                    FlowErrorCode.BadInput, $"Parameter '{BatchRowsName}' of task '{context.TaskId}' is {rows.GetRawText()}; use 1 to {BatchRowsMax}.");
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The batches of the result.</summary>
    public override async IAsyncEnumerable<InputBatch> ReadBatchesAsync(
        RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _engine = await EngineInstance.OpenAsync(
            new EngineOptions
            {
                MemoryLimitBytes = options.Value.MemoryLimitBytes, ThreadCount = options.Value.ThreadCount, TempFolder = context.TempFolder,
            },
            cancellationToken).ConfigureAwait(false);
        _session = _engine.OpenSession();
        foreach (var parent in context.Parents)
        {
            await RegisterAsync(context, _session, parent, cancellationToken).ConfigureAwait(false);
        }

        var result = await _session.QueryAsync(_statement, null, cancellationToken, _batchRows).ConfigureAwait(false);
        await using var ending = result.ConfigureAwait(false);
        var number = 0;
        while (await result.ReadAsync(cancellationToken).ConfigureAwait(false) is { } batch)
        {
            yield return new InputBatch((number++).ToString(CultureInfo.InvariantCulture), batch);
        }

        if (number == 0)
        {
            using var empty = new RecordBatchBuilder(result.Schema);
            yield return new InputBatch("0", empty.Build());
        }
    }

    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return ValueTask.FromResult(new BatchOutcome(batch.Batch!.Retain()));
    }

    /// <inheritdoc/>
    public override async ValueTask CleanupAsync(RunContext context)
    {
        if (_session is not null)
        {
            await _session.DisposeAsync().ConfigureAwait(false);
        }

        if (_engine is not null)
        {
            await _engine.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var input in _inputs)
        {
            input.Dispose();
        }
    }

    /// <summary>A statement that the engine refuses will be refused again; one that ran out of something may not.</summary>
    public override ErrorClass ClassifyError(Exception exception) => exception switch
    {
        EngineException { Kind: EngineErrorKind.Source, InnerException: { } source } => base.ClassifyError(source),
        EngineException engine => new ErrorClass(
            FlowErrorKind.Of(FlowErrorCode.EngineError).Wire,
            Permanent: engine.Kind is not (EngineErrorKind.OutOfMemory or EngineErrorKind.InputOutput or EngineErrorKind.Internal
                or EngineErrorKind.Interrupted or EngineErrorKind.Unknown)),
        _ => base.ClassifyError(exception),
    };

    private async Task RegisterAsync(RunContext context, EngineSession session, string parent, CancellationToken cancellationToken)
    {
        var first = _inputs.Count;
        await foreach (var input in context.ReadUpstreamAsync(parent, cancellationToken).ConfigureAwait(false))
        {
            _inputs.Add(input.Batch!);
        }

        if (_inputs.Count == first)
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"Node '{parent}' has made no batches, so its columns are not known; it must emit at least an empty one.");
        }

        await session.RegisterBatchesAsync(parent, _inputs[first].Schema, _inputs.Skip(first), cancellationToken).ConfigureAwait(false);
    }
}
