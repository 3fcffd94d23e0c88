using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Sql.Execution;

/// <summary>A session of the local engine for one operator, whose failures name the operator. One caller at a time.</summary>
internal sealed class OperatorSession : IAsyncDisposable
{
    private readonly EngineSession _session;
    private readonly SqlEngine _engine;
    private readonly string _operatorId;
    private readonly List<PreparedStatement> _statements = [];

    private OperatorSession(SqlEngine engine, string operatorId) => (_engine, _session, _operatorId) = (engine, engine.Instance.OpenSession(), operatorId);

    /// <summary>Opens a session in which texts may call the job's functions.</summary>
    /// <param name="engine">Where texts run; stays the caller's.</param>
    /// <param name="operatorId">Who asks.</param>
    /// <param name="cancellationToken">The job ends.</param>
    public static async Task<OperatorSession> OpenAsync(SqlEngine engine, string operatorId, CancellationToken cancellationToken)
    {
        var opened = new OperatorSession(engine, operatorId);
        try
        {
            if (engine.Functions.Count > 0)
            {
                await opened.TranslateAsync(async () =>
                {
                    await opened._session.RegisterFunctionsAsync(engine.Functions, cancellationToken);
                    return true;
                });
            }

            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    /// <summary>The columns of rows as texts name them: <c>c0</c>, <c>c1</c>, ...</summary>
    public static ArrowSchema Numbered(ArrowSchema schema) =>
        new([.. schema.Fields.Select((field, place) => new ArrowField($"c{place}", field.Type, field.IsNullable))]);

    /// <summary>The same columns under other names; the caller owns the result.</summary>
    public static RecordBatch Renamed(RecordBatch batch, ArrowSchema schema)
    {
        var columns = new ArrowArray[batch.ColumnCount];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = batch.Column(i).Retain();
        }

        return new RecordBatch(schema, columns, batch.RowCount);
    }

    /// <summary>Exchanges the rows of a view.</summary>
    /// <param name="view">Its name.</param>
    /// <param name="schema">Its columns.</param>
    /// <param name="batches">The rows; they stay the caller's.</param>
    /// <param name="cancellationToken">The job ends.</param>
    public Task SetAsync(string view, ArrowSchema schema, IReadOnlyList<RecordBatch> batches, CancellationToken cancellationToken) =>
        TranslateAsync(async () =>
        {
            await _session.RegisterBatchesAsync(view, schema, batches, cancellationToken);
            return true;
        });

    /// <summary>Appends rows to a table, by the places of their columns.</summary>
    public Task InsertAsync(string table, RecordBatch rows, CancellationToken cancellationToken) =>
        TranslateAsync(async () =>
        {
            await _session.InsertAsync(table, rows, cancellationToken);
            return true;
        });

    /// <summary>Runs a statement.</summary>
    public Task<long> ExecuteAsync(string sql, CancellationToken cancellationToken) => TranslateAsync(() => _session.ExecuteAsync(sql, null, cancellationToken));

    /// <summary>Plans a text, over views that are there. It lives as long as the session.</summary>
    public Task<PreparedStatement> PrepareAsync(string sql, CancellationToken cancellationToken) => TranslateAsync(async () =>
    {
        var statement = await _session.PrepareAsync(sql, cancellationToken);
        _statements.Add(statement);
        return statement;
    });

    /// <summary>Plans a text whose columns are those of a schema.</summary>
    /// <exception cref="FlowException">The text gives others (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public async Task<PreparedStatement> PrepareAsync(string sql, ArrowSchema output, CancellationToken cancellationToken)
    {
        var statement = await PrepareAsync(sql, cancellationToken);
        var shape = await statement.DescribeAsync(cancellationToken);
        var types = shape.Result!.Fields.Select(field => field.Type).ToList();
        return types.SequenceEqual(output.Fields.Select(field => field.Type))
            ? statement
            : throw new FlowException(
                FlowErrorCode.BadGraph,
                $"Operator '{_operatorId}': its text gives ({string.Join(", ", types.Select(type => type.Name))}), and the program says ({string.Join(", ", output.Fields.Select(field => field.Type.Name))}).");
    }

    /// <summary>Runs a prepared statement that gives no rows.</summary>
    public Task<long> ExecuteAsync(PreparedStatement statement, CancellationToken cancellationToken) =>
        TranslateAsync(() => statement.ExecuteAsync(null, cancellationToken));

    /// <summary>The rows of a prepared query, batch by batch, under the names of a schema. Batches belong to the caller; the session is busy until the last one.</summary>
    /// <exception cref="FlowException">A column has nulls that the schema says has none (<see cref="FlowErrorCode.BadInput"/>), or the engine fails.</exception>
    public async IAsyncEnumerable<RecordBatch> QueryAsync(
        PreparedStatement statement, ArrowSchema output, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var result = await TranslateAsync(() => statement.QueryAsync(null, cancellationToken));
        while (await TranslateAsync(() => result.ReadAsync(cancellationToken).AsTask()) is { } rows)
        {
            using (rows)
            {
                if (rows.RowCount > 0)
                {
                    RefuseNulls(rows, output);
                    yield return Renamed(rows, output);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var statement in _statements)
        {
            await statement.DisposeAsync();
        }

        await _session.DisposeAsync();
    }

    /// <summary>Those behind rely on what the program promises, above all on an event time.</summary>
    private void RefuseNulls(RecordBatch rows, ArrowSchema output)
    {
        for (var i = 0; i < rows.ColumnCount; i++)
        {
            if (!output.Fields[i].IsNullable && rows.Column(i).NullCount is var count and > 0)
            {
                throw new FlowException(
                    FlowErrorCode.BadInput, $"Operator '{_operatorId}': {output.Fields[i].Name} is null in {count} of {rows.RowCount} rows. Leave such rows out, or give them a value by coalesce().");
            }
        }
    }

    private async Task<T> TranslateAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (EngineException exception) when (_engine.TryFind(exception.Message) is { } failed)
        {
            throw new FlowException(failed.Code, $"Operator '{_operatorId}': {failed.Message}", failed);
        }
        catch (EngineException exception)
        {
            // What ran out of something, or was disturbed, may do better next time.
            var passes = exception.Kind is EngineErrorKind.OutOfMemory or EngineErrorKind.InputOutput or EngineErrorKind.Internal or EngineErrorKind.Interrupted or EngineErrorKind.Unknown;
            throw new FlowException(passes ? FlowErrorCode.UnexpectedError : FlowErrorCode.EngineError, $"Operator '{_operatorId}': {exception.Message}", exception);
        }
    }
}
