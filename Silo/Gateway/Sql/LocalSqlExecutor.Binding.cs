using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <content>Makes readable what a statement names, and lets the engine bind it.</content>
internal sealed partial class LocalSqlExecutor
{
    /// <summary>Lets the engine bind the query of a copy.</summary>
    private async Task<ArrowSchema> BindAsync(SqlLease lease, SqlCopy copy, CancellationToken cancellationToken)
    {
        var (_, missing, _) = await RegisterAsync(lease, copy.Query, null, null, Nobody, cancellationToken);
        var (statement, shape) = await PrepareAsync(lease, copy.Query, missing, cancellationToken);
        await statement.DisposeAsync();
        if (shape is not { Kind: StatementKind.Select, Result: { } columns, Parameters.Fields.Count: 0 })
        {
            throw new FlowException(FlowErrorCode.BadInput, "COPY takes one SELECT without parameters.");
        }

        copy.ThrowIfNotPartitionable(columns);
        return columns;
    }

    /// <summary>Lets the engine bind the query behind a name.</summary>
    private async Task<(string Definition, ArrowSchema Schema)> BindAsync(SqlLease lease, string sql, SqlChange change, CancellationToken cancellationToken)
    {
        var definition = SqlDefinition.Read(sql, change);
        var (tables, missing) = await catalog.ResolveAsync(definition, change.Target, cancellationToken);
        await lease.BeginAsync(tables, cancellationToken);
        var unread = await RegisterAsync(lease, tables, cancellationToken) ?? Unread.Of(missing);

        // So that the engine's places are those of the statement.
        var at = sql.LastIndexOf(definition, StringComparison.Ordinal);
        var text = at > 0 ? SqlTokens.Blank(sql, at) + definition : definition;
        var (statement, shape) = await PrepareAsync(lease, text, unread, cancellationToken);
        await statement.DisposeAsync();
        if (shape is not { Kind: StatementKind.Select, Result: { } schema, Parameters.Fields.Count: 0 })
        {
            throw new FlowException(FlowErrorCode.BadInput, $"What '{change.Target}' stands for is no SELECT without parameters.");
        }

        return (definition, schema);
    }

    private static async Task<bool> ThrowIfMoreAsync(SqlLease lease, string sql, CancellationToken cancellationToken) =>
        await lease.Session.CountStatementsAsync(sql, cancellationToken) is not 1 and var count
            ? throw new FlowException(FlowErrorCode.BadInput, $"The text holds {count} statements; send one at a time.")
            : true;

    /// <summary>Makes tables readable.</summary>
    /// <returns>Why one of them is not; null when all are. A statement may only seem to name it.</returns>
    private static async Task<Unread?> RegisterAsync(SqlLease lease, IEnumerable<SqlTable> tables, CancellationToken cancellationToken)
    {
        Unread? missing = null;
        foreach (var table in tables)
        {
            try
            {
                await lease.RegisterAsync(table, cancellationToken);
            }
            catch (EngineException exception) when (table.Definition is not null && exception.Kind is not EngineErrorKind.Interrupted)
            {
                missing = new Unread(new FlowException(FlowErrorCode.EngineError, $"What '{table.Name.Table}' stands for cannot be read: {exception.Message}", exception), table.Name.Table);
            }
        }

        return missing;
    }

    /// <summary>Makes the statement's tables readable. The one it changes becomes a table of the engine: empty for an INSERT, else with its rows.</summary>
    private async Task<(IReadOnlyList<SqlTable> Tables, Unread? Missing, bool ReadsTarget)> RegisterAsync(SqlLease lease, string sql, SqlChange? change, SqlTable? input, SqlCaller caller, CancellationToken cancellationToken)
    {
        var (tables, missing) = await catalog.ResolveAsync(sql, null, cancellationToken);
        var target = change is null ? null : tables.FirstOrDefault(table => table.Name is { IsOfRun: false, IsStream: false } name && name.Table.Equals(change.Target, StringComparison.OrdinalIgnoreCase));
        List<SqlTable> read = [.. tables.Where(table => table != target && (input is null || !table.Name.IsSame(input.Name)))];
        await lease.BeginAsync(read, cancellationToken);
        if (input is not null)
        {
            await lease.RegisterAsync(input, cancellationToken);
        }

        foreach (var table in system.Find(sql, caller))
        {
            await lease.RegisterAsync(table, cancellationToken);
        }

        var readsTarget = change is not null && (change.ReadsTarget || tables.Any(table => table.Definition is { } definition && SqlChange.Names(definition, change.Target)));
        if (change is not null && target is not null)
        {
            if (change is { Kind: SqlChangeKind.Create, Replaces: false })
            {
                throw new FlowException(FlowErrorCode.AlreadyExists, $"There is a table '{change.Target}' already. Drop it first, or choose another name.");
            }

            TableWrites.ThrowIfDefined(target.Name.Table, target.Kind);
            lease.ChangedSomething = true;
            var empty = change.Kind is SqlChangeKind.Insert or SqlChangeKind.Create && !readsTarget;
            await lease.RegisterTargetAsync(FullName(change.Target), target.Schema, empty ? [] : target.Open(), cancellationToken);
        }

        var unread = await RegisterAsync(lease, read, cancellationToken) ?? Unread.Of(missing);
        return (tables, unread, readsTarget);
    }

    /// <summary>Plans the one statement of a text, which the caller disposes.</summary>
    private static async Task<(PreparedStatement Statement, StatementShape Shape)> PrepareAsync(SqlLease lease, string sql, Unread? missing, CancellationToken cancellationToken)
    {
        // The engine makes its folder when it only prepares it.
        if (SqlNames.Chains(sql).FirstOrDefault() is [var word] && word.Equals("EXPORT", StringComparison.OrdinalIgnoreCase))
        {
            throw new FlowException(FlowErrorCode.Unsupported, "EXPORT is not run here: it writes files.");
        }

        try
        {
            return await lease.Session.PrepareOneAsync(sql, cancellationToken);
        }
        catch (EngineException exception) when (missing is not null && exception.Kind != EngineErrorKind.Syntax && (missing.Name is null || exception.Message.Contains(missing.Name, StringComparison.OrdinalIgnoreCase)))
        {
            // Why there is no such output or view says more than that there is none.
            throw missing.Why;
        }
    }

    /// <summary>Something that a statement may mean and that cannot be read.</summary>
    /// <param name="Why">What its reader is told.</param>
    /// <param name="Name">Only a statement whose own failure names it means it; null: any.</param>
    private sealed record Unread(FlowException Why, string? Name)
    {
        public static Unread? Of(FlowException? why) => why is null ? null : new Unread(why, null);
    }
}
