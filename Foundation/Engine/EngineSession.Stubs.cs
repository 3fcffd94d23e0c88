using OrleansFlow.Engine.Native;
using OrleansFlow.Engine.Scans;

namespace OrleansFlow.Engine;

/// <summary>Tables that can be planned over but not read.</summary>
public sealed partial class EngineSession
{
    private readonly Dictionary<string, (long Id, StubTable Stub)> _stubs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Makes the view <paramref name="name"/> of this session with the columns of a query and no rows: statements over it can be prepared and
    /// explained, and fail when they run. Registering the name again replaces it.
    /// </summary>
    /// <param name="name">Name of the view; not case-sensitive. It hides a table of that name.</param>
    /// <param name="query">A query with the wanted columns; it is prepared, never run.</param>
    /// <param name="estimatedRowCount">Rows to plan with, at least 0: DuckDB orders joins by it.</param>
    /// <param name="cancellationToken">Interrupts the planning of the query.</param>
    /// <returns>The stub's number: serialized plans name it as the argument of <c>orleansflow_stub</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The estimate is negative.</exception>
    /// <exception cref="EngineException">The query is refused, or has no columns.</exception>
    public Task<long> RegisterStubAsync(string name, string query, long estimatedRowCount, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(query);
        ArgumentOutOfRangeException.ThrowIfNegative(estimatedRowCount);
        return RunAsync(_ => RegisterStub(name, query, estimatedRowCount), cancellationToken);
    }

    private long RegisterStub(string name, string query, long estimatedRowCount)
    {
        StubTable stub;
        using (var statement = NativeStatement.Prepare(_connection, query))
        {
            stub = StatementInspection.DescribeStub(name, statement, estimatedRowCount);
        }

        var id = _instance.NextSourceId();
        _instance.Stubs[id] = stub;
        try
        {
            NativeStatement.ExecuteAll(
                _connection,
                FormattableString.Invariant($"CREATE OR REPLACE TEMP VIEW {EngineText.Quote(name)} AS SELECT * FROM {StubFunction.Name}({id})"));
        }
        catch
        {
            ReleaseStub((id, stub));
            throw;
        }

        if (_stubs.Remove(name, out var old))
        {
            ReleaseStub(old);
        }

        _stubs[name] = (id, stub);
        return id;
    }

    private void ReleaseStub((long Id, StubTable Stub) registered)
    {
        _instance.Stubs.TryRemove(registered.Id, out _);
        registered.Stub.Dispose();
    }

    private void ReleaseStubs()
    {
        foreach (var registered in _stubs.Values)
        {
            ReleaseStub(registered);
        }

        _stubs.Clear();
    }
}
