using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Runs a statement on one local engine, which reads the files of its tables where they lie.</summary>
internal sealed class LocalSqlExecutor(SqlEngines engines, SqlCatalog catalog, TableWrites writes) : ISqlExecutor
{
    public bool IsRepeatable => true;

    public async Task<StatementShape> DescribeAsync(string sql, CancellationToken cancellationToken)
    {
        await using var lease = await engines.LeaseAsync(cancellationToken);
        return await BoundAsync(lease, async token =>
        {
            var missing = await RegisterAsync(lease, sql, SqlChange.IsChange(sql) ? SqlChange.Parse(sql) : null, null, token);
            await using var statement = await PrepareAsync(lease, sql, missing, token);
            var shape = await statement.DescribeAsync(token);
            return SqlChange.IsChange(sql) ? shape with { Result = null } : shape;
        }, cancellationToken);
    }

    public async Task<FlightStream> QueryAsync(
        string sql, IReadOnlyList<object?> parameters, SqlTable? input, IReadOnlyDictionary<string, string> headers, CancellationToken cancellationToken)
    {
        if (SqlChange.IsChange(sql))
        {
            throw new FlowException(FlowErrorCode.BadInput, "This statement changes tables; run it as an update (CommandStatementUpdate, DoPut), not as a query.");
        }

        var lease = await engines.LeaseAsync(cancellationToken);
        try
        {
            var result = await BoundAsync(lease, async token =>
            {
                var missing = await RegisterAsync(lease, sql, null, input, token);
                await using var statement = await PrepareAsync(lease, sql, missing, token);
                var shape = await statement.DescribeAsync(token);
                lease.ChangedSomething = shape.Kind != StatementKind.Select;
                if (shape.Kind == StatementKind.Explain && SqlNames.Chains(sql).Any(chain => chain is [var word, ..] && IsOfFiles(word)))
                {
                    throw new FlowException(FlowErrorCode.Unsupported, "EXPLAIN of a statement that writes files is not run here: EXPLAIN ANALYZE would write them.");
                }

                return shape.Kind is StatementKind.Select or StatementKind.Explain
                    ? await lease.Session.QueryAsync(sql, parameters, token)
                    : throw new FlowException(FlowErrorCode.Unsupported, "Only SELECT and EXPLAIN are run as queries here.");
            }, cancellationToken);
            return new FlightStream(result.Schema, ReadAsync(lease, result, cancellationToken)) { Owner = lease };
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    public async Task<long> UpdateAsync(string sql, IReadOnlyList<IReadOnlyList<object?>> rows, CancellationToken cancellationToken)
    {
        var change = SqlChange.Parse(sql);
        if (change.Kind == SqlChangeKind.Drop)
        {
            await DescribeAsync(sql, cancellationToken);
            await writes.DropAsync(change.Target, cancellationToken);
            return 0;
        }

        await using var lease = await engines.LeaseAsync(cancellationToken);
        lease.ChangedSomething = true;
        return await BoundAsync(lease, async token =>
        {
            var missing = await RegisterAsync(lease, sql, change, null, token);
            var changed = 0L;
            await using (var statement = await PrepareAsync(lease, sql, missing, token))
            {
                foreach (var row in rows)
                {
                    changed += await statement.ExecuteAsync(row, token);
                }
            }

            var result = await lease.Session.QueryAsync($"SELECT * FROM {FullName(change.Target)}", null, token);
            await using var ending = result.ConfigureAwait(true);
            var appends = change.Kind == SqlChangeKind.Insert && !change.ReadsTarget;
            var stored = await writes.WriteAsync(
                change.Target,
                result.Schema,
                ElementsAsync(result, token),
                create: change.Kind == SqlChangeKind.Create,
                change.Kind == SqlChangeKind.Create ? IfExists.Fail : appends ? IfExists.Append : IfExists.Replace,
                token);
            return change.Kind == SqlChangeKind.Create ? stored : changed;
        }, cancellationToken);
    }

    private static bool IsOfFiles(string word) => word.Equals("COPY", StringComparison.OrdinalIgnoreCase) || word.Equals("EXPORT", StringComparison.OrdinalIgnoreCase);

    private static string FullName(string table) => $"{SqlTableName.Registered}.{ICatalogGrain.DefaultNamespace}.{EngineText.Quote(table)}";

    /// <summary>Makes the statement's tables readable. The one it changes becomes a table of the engine: empty for an INSERT, else with its rows.</summary>
    private async Task<FlowException?> RegisterAsync(SqlLease lease, string sql, SqlChange? change, SqlTable? input, CancellationToken cancellationToken)
    {
        if (await lease.Session.CountStatementsAsync(sql, cancellationToken) is not 1 and var count)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The text holds {count} statements; send one at a time.");
        }

        var (tables, missing) = await catalog.ResolveAsync(sql, cancellationToken);
        if (input is not null)
        {
            await lease.RegisterAsync(input, cancellationToken);
        }

        foreach (var table in tables.Where(table => input is null || !table.Name.IsSame(input.Name)))
        {
            if (change is null || table.Name.IsOfRun || table.Name.IsStream || !table.Name.Table.Equals(change.Target, StringComparison.OrdinalIgnoreCase))
            {
                await lease.RegisterAsync(table, cancellationToken);
                continue;
            }

            if (change.Kind == SqlChangeKind.Create)
            {
                throw new FlowException(FlowErrorCode.AlreadyExists, $"There is a table '{change.Target}' already. Drop it first, or choose another name.");
            }

            lease.ChangedSomething = true;
            var empty = change is { Kind: SqlChangeKind.Insert, ReadsTarget: false };
            await lease.RegisterTargetAsync(FullName(change.Target), table.Schema, empty ? [] : table.Open(), cancellationToken);
        }

        return missing;
    }

    private static async Task<PreparedStatement> PrepareAsync(SqlLease lease, string sql, FlowException? missing, CancellationToken cancellationToken)
    {
        try
        {
            return await lease.Session.PrepareAsync(sql, cancellationToken);
        }
        catch (EngineException) when (missing is not null)
        {
            // Why there is no such output says more than that there is none.
            throw missing;
        }
    }

    /// <summary>Runs a step within the statement's time, and says failures in the project's words.</summary>
    private static async Task<TResult> BoundAsync<TResult>(SqlLease lease, Func<CancellationToken, Task<TResult>> stepAsync, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lease.TimeIsUp, cancellationToken);
        try
        {
            return await stepAsync(either.Token);
        }
        catch (OperationCanceledException exception) when (lease.TimeIsUp.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FlowException(
                FlowErrorCode.DeadlineExceeded,
                $"The statement did not end within {lease.TimeLimit}. Ask for less, or raise {SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.TimeLimit)}.",
                exception);
        }
        catch (EngineException exception) when (exception.Kind == EngineErrorKind.OutOfMemory)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded,
                $"The statement needs more memory than {SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.MemoryLimitBytes)} allows: {exception.Message}",
                exception);
        }
        catch (EngineException exception) when (exception is { Kind: EngineErrorKind.Source, InnerException: FlowException source })
        {
            throw new FlowException(source.Code, source.Message, exception);
        }
        catch (EngineException exception)
        {
            throw new FlowException(FlowErrorCode.EngineError, exception.Message, exception);
        }
        catch (ArgumentException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, exception.Message, exception);
        }
    }

    private static async IAsyncEnumerable<RecordBatch> ReadAsync(SqlLease lease, EngineResult result, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var ending = result.ConfigureAwait(true);
        while (await BoundAsync(lease, async token => await result.ReadAsync(token), cancellationToken) is { } batch)
        {
            yield return batch;
        }
    }

    private static async IAsyncEnumerable<FlightBatch> ElementsAsync(EngineResult result, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in result.ReadAllAsync(cancellationToken))
        {
            yield return new FlightBatch(batch);
        }
    }
}
