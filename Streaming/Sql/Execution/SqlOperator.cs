using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Operators;

namespace OrleansFlow.Streaming.Sql.Execution;

/// <summary>Makes rows from each batch by itself, by a text of the local engine. It keeps nothing between batches.</summary>
/// <remarks>
/// The text is planned once; a batch is exchanged under the prepared statement, which costs microseconds
/// (docs/performance.md). The session has a thread of its own, so that no pool thread waits for the engine.
/// </remarks>
public sealed class SqlOperator : StreamOperator
{
    /// <summary>Kind in programs.</summary>
    public const string Kind = "sql";

    /// <summary>The view that texts read.</summary>
    public const string InputView = "input";

    private readonly SqlEngine _engine;
    private readonly string _id;
    private readonly string _sql;
    private readonly ArrowSchema _input;
    private readonly ArrowSchema _output;
    private readonly RecordBatch[] _batches = new RecordBatch[1];
    private OperatorSession? _session;
    private PreparedStatement? _statement;

    /// <summary>Makes one from a program.</summary>
    /// <param name="definition">Its place in the program; the schemas of its input and output have to be there.</param>
    /// <param name="sql">A SELECT over <see cref="InputView"/>, whose columns are <c>c0</c>, <c>c1</c>, ...</param>
    /// <param name="engine">Where it runs; stays the caller's.</param>
    /// <exception cref="FlowException">A schema is missing (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public SqlOperator(OperatorDefinition definition, string sql, EngineInstance engine)
        : this(definition, sql, new SqlEngine(engine ?? throw new ArgumentNullException(nameof(engine)), null))
    {
    }

    internal SqlOperator(OperatorDefinition definition, string sql, SqlEngine engine)
    {
        ArgumentNullException.ThrowIfNull(definition);
        (_engine, _id, _sql) = (engine, definition.Id, sql);
        _input = OperatorSession.Numbered(definition.InputSchemas is [{ } only, ..] ? only : throw Bad("the program does not say what rows come in"));
        _output = definition.OutputSchema ?? throw Bad("the program does not say what rows come out");
    }

    /// <inheritdoc/>
    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        _session = await OperatorSession.OpenAsync(_engine, _id, cancellationToken);
        await _session.SetAsync(InputView, _input, [], cancellationToken);
        _statement = await _session.PrepareAsync(_sql, _output, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        using (batch)
        {
            using var named = OperatorSession.Renamed(batch, _input);
            _batches[0] = named;
            await _session!.SetAsync(InputView, _input, _batches, cancellationToken);
        }

        await foreach (var rows in _session.QueryAsync(_statement!, _output, cancellationToken))
        {
            await output.EmitAsync(rows, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_session is { } session)
        {
            await session.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private FlowException Bad(string problem) => new(FlowErrorCode.BadGraph, $"SQL operator '{_id}': {problem}.");
}
