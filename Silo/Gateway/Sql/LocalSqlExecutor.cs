using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Explain;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Silo.Gateway.SystemTables;
using OrleansFlow.Worker.Queries.Sinks;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Runs a statement on one local engine, which reads the files of its tables where they lie.</summary>
internal sealed partial class LocalSqlExecutor(SqlEngines engines, SqlCatalog catalog, TableWrites writes, CopyTargets copies, SystemRows system) : ISqlExecutor
{
    // Who only asks what a statement is reads no row.
    private static readonly SqlCaller Nobody = new(IQueryTenantGrain.DefaultTenant, "");

    private readonly KnownShapes _shapes = new();

    public bool IsRepeatable => true;

    public async Task<StatementShape> DescribeAsync(string sql, CancellationToken cancellationToken)
    {
        sql = SystemNames.ToEngine(sql);
        var explain = ExplainStatement.TryParse(sql);
        var text = explain?.Body ?? sql;
        if (_shapes.Contains(sql) && await catalog.ResolveAsync(sql, null, cancellationToken) is { Missing: null } named && _shapes.Find(sql, named.Tables) is { } known)
        {
            return known;
        }

        await using var lease = await engines.LeaseAsync(cancellationToken);
        return await BoundAsync(lease, async token =>
        {
            if (SqlCopy.IsCopy(sql))
            {
                await BindAsync(lease, SqlCopy.Parse(sql), token);
                return new StatementShape(StatementKind.Other, null, NoColumns);
            }

            if (SqlChange.IsChange(sql) && SqlChange.Parse(sql) is { } change && (change.IsDefinition || change.Kind == SqlChangeKind.Drop))
            {
                if (change.IsDefinition)
                {
                    await BindAsync(lease, sql, change, token);
                }

                return new StatementShape(change.IsDefinition ? StatementKind.Create : StatementKind.Drop, null, NoColumns);
            }

            var (tables, missing, _) = await RegisterAsync(lease, text, ChangeOf(explain, text), null, Nobody, token);
            var (statement, shape) = await PrepareAsync(lease, text, missing, token);
            await statement.DisposeAsync();
            if (missing is null && explain is null)
            {
                _shapes.Add(sql, tables, shape);
            }

            return explain is not null ? new StatementShape(StatementKind.Explain, ExplainRows.Schema, shape.Parameters)
                : SqlChange.IsChange(sql) ? shape with { Result = null }
                : shape;
        }, cancellationToken);
    }

    public async Task<FlightStream> QueryAsync(
        string sql, IReadOnlyList<object?> parameters, SqlTable? input, SqlCaller caller, CancellationToken cancellationToken)
    {
        if (SqlChange.IsChange(sql))
        {
            throw new FlowException(FlowErrorCode.BadInput, "This statement changes tables; run it as an update (CommandStatementUpdate, DoPut), not as a query.");
        }

        sql = SystemNames.ToEngine(sql);
        var explain = ExplainStatement.TryParse(sql);
        var text = explain?.Body ?? sql;
        var lease = await engines.LeaseAsync(cancellationToken);
        try
        {
            var result = await BoundAsync(lease, async token =>
            {
                var (_, missing, _) = await RegisterAsync(lease, text, ChangeOf(explain, text), input, caller, token);
                var (prepared, shape) = await PrepareAsync(lease, text, missing, token);
                await using var statement = prepared.ConfigureAwait(true);
                lease.ChangedSomething = shape.Kind != StatementKind.Select;
                if (shape.Kind != StatementKind.Select && explain is not { IsAnalyze: false })
                {
                    throw new FlowException(
                        FlowErrorCode.Unsupported,
                        explain is null ? "Only SELECT and EXPLAIN are run as queries here." : "EXPLAIN ANALYZE runs only a SELECT here: what it explains would change something.");
                }

                return explain is null
                    ? await prepared.QueryOnceAsync(parameters, token)
                    : await lease.Session.QueryAsync(explain.ToEngineText(), parameters, token);
            }, cancellationToken);
            lease.Result = result;
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
        if (SqlCopy.IsCopy(sql))
        {
            return await CopyAsync(SqlCopy.Parse(sql), cancellationToken);
        }

        var change = SqlChange.Parse(sql);
        await using var lease = await engines.LeaseAsync(cancellationToken);
        if (change.Kind == SqlChangeKind.Drop)
        {
            await BoundAsync(lease, async token => await ThrowIfMoreAsync(lease, sql, token), cancellationToken);
            await writes.DropAsync(change, cancellationToken);
            return 0;
        }

        if (change.IsDefinition)
        {
            var (definition, schema) = await BoundAsync(lease, async token => await BindAsync(lease, sql, change, token), cancellationToken);
            await writes.DefineAsync(change, schema, definition, cancellationToken);
            return 0;
        }

        if (change is { Kind: SqlChangeKind.Create, IsLenient: true } && await writes.FindAsync(change.Target, cancellationToken) is not null)
        {
            return 0;
        }

        lease.ChangedSomething = true;
        return await BoundAsync(lease, async token =>
        {
            var (_, missing, readsTarget) = await RegisterAsync(lease, sql, change, null, Nobody, token);
            var changed = 0L;
            var (statement, _) = await PrepareAsync(lease, sql, missing, token);
            await using (statement)
            {
                foreach (var row in rows)
                {
                    changed += await statement.ExecuteAsync(row, token);
                }
            }

            var result = await lease.Session.QueryAsync($"SELECT * FROM {FullName(change.Target)}", null, token);
            await using var ending = result.ConfigureAwait(true);
            var appends = change.Kind == SqlChangeKind.Insert && !readsTarget;
            var stored = await writes.WriteAsync(
                change.Target,
                result.Schema,
                ElementsAsync(result, token),
                create: change.Kind == SqlChangeKind.Create,
                change is { Kind: SqlChangeKind.Create, Replaces: false } ? IfExists.Fail : appends ? IfExists.Append : IfExists.Replace,
                token);
            return change.Kind == SqlChangeKind.Create ? stored : changed;
        }, cancellationToken);
    }

    private static readonly ArrowSchema NoColumns = new([]);

    /// <summary>The change that a text makes; one that is only explained is planned over an empty table.</summary>
    private static SqlChange? ChangeOf(ExplainStatement? explain, string text) =>
        !SqlChange.IsChange(text) || SqlCopy.IsCopy(text) ? null : explain is null ? SqlChange.Parse(text) : SqlChange.Parse(text) with { ReadsTarget = false, Kind = SqlChangeKind.Insert };

    private static string FullName(string table) => $"{SqlTableName.Registered}.{ICatalogGrain.DefaultNamespace}.{EngineText.Quote(table)}";

    private async Task<long> CopyAsync(SqlCopy copy, CancellationToken cancellationToken)
    {
        using var staging = copies.Begin(copy);
        await using var lease = await engines.LeaseAsync(cancellationToken);
        return await BoundAsync(lease, async token =>
        {
            var columns = await BindAsync(lease, copy, token);
            var names = columns.Fields.Select(field => field.Name).ToList();
            var sink = TaskPlans.SinkOf(copy.ToSink(staging.Folder, names));
            using var written = await new SinkWriter(lease.Session, sink, new TaskKey { Attempt = 1 }).WriteAsync(copy.Query, token);
            staging.Publish([(string)written.Column(0).GetValue(0)!]);
            return (long)written.Column(1).GetValue(0)!;
        }, cancellationToken);
    }

    /// <summary>Runs a step within the statement's time, and says failures in the project's words.</summary>
    private static async Task<TResult> BoundAsync<TResult>(SqlLease lease, Func<CancellationToken, Task<TResult>> stepAsync, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lease.TimeIsUp, cancellationToken);
        try
        {
            lease.HasFailed = true;
            var result = await stepAsync(either.Token);
            lease.HasFailed = false;
            return result;
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
            throw new FlowException(FlowErrorCode.EngineError, SystemNames.FromEngine(exception.Message), exception);
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
