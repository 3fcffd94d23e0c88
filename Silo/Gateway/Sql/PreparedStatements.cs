using Microsoft.Extensions.Options;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>A statement that a client prepared here.</summary>
/// <param name="Query">Its text.</param>
/// <param name="Shape">What it is.</param>
/// <param name="Parameters">The bound values as an Arrow stream; empty for none.</param>
internal sealed record PreparedQuery(string Query, StatementShape Shape, byte[] Parameters);

/// <summary>The prepared statements of this gateway, by handle. Bounded: the one unused for the longest time gives way. Thread-safe.</summary>
internal sealed class PreparedStatements(IIdSource ids, IOptions<SqlGatewayOptions> options)
{
    private readonly int _max = options.Value.PreparedMax;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Handle, PreparedQuery Query)>> _byHandle = new(StringComparer.Ordinal);

    // Most recently used first.
    private readonly LinkedList<(string Handle, PreparedQuery Query)> _byUse = new();

    /// <summary>Keeps a statement.</summary>
    /// <returns>Its handle, which nobody can guess.</returns>
    public string Add(PreparedQuery query)
    {
        var handle = $"{ids.NewId()}-{System.Security.Cryptography.RandomNumberGenerator.GetHexString(32, lowercase: true)}";
        lock (_gate)
        {
            _byHandle[handle] = _byUse.AddFirst((handle, query));
            if (_byHandle.Count > _max)
            {
                _byHandle.Remove(_byUse.Last!.Value.Handle);
                _byUse.RemoveLast();
            }
        }

        return handle;
    }

    /// <summary>A kept statement.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public PreparedQuery Get(string handle)
    {
        lock (_gate)
        {
            var node = FindWhileLocked(handle);
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Query;
        }
    }

    /// <summary>Binds values to a statement, in place of those before.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public void Bind(string handle, byte[] parameters)
    {
        lock (_gate)
        {
            var node = FindWhileLocked(handle);
            node.Value = (handle, node.Value.Query with { Parameters = parameters });
        }
    }

    /// <summary>Ends a statement. An unknown one has ended before.</summary>
    public void Remove(string handle)
    {
        lock (_gate)
        {
            if (_byHandle.Remove(handle, out var node))
            {
                _byUse.Remove(node);
            }
        }
    }

    private LinkedListNode<(string Handle, PreparedQuery Query)> FindWhileLocked(string handle) => _byHandle.TryGetValue(handle, out var node)
        ? node
        : throw new FlowException(
            FlowErrorCode.NotFound,
            $"There is no such prepared statement: it was closed, gave way to newer ones ({SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.PreparedMax)} is {_max}), or was made by another gateway. Prepare it again.");
}
