namespace OrleansFlow.Rpc.Http2;

/// <summary>A few connections to one server, each lent to one call at a time.</summary>
internal sealed class Http2Pool<TConnection>(Func<CancellationToken, Task<TConnection>> open) : IDisposable
    where TConnection : class, IHttp2Connection
{
    /// <summary>Calls at once that pay: each can fill a core.</summary>
    private const int ConnectionsMax = 4;

    private readonly Lock _gate = new();
    private readonly HashSet<TConnection> _open = [];
    private readonly Stack<TConnection> _idle = new();
    private int _opening;
    private bool _disposed;

    /// <summary>An idle connection, or a new one; null when there are as many as pay.</summary>
    public async ValueTask<TConnection?> TryRentAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TConnection? idle;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (!_idle.TryPop(out idle))
                {
                    if (_open.Count + _opening >= ConnectionsMax)
                    {
                        return null;
                    }

                    _opening++;
                    break;
                }
            }

            if (idle.TryReuse())
            {
                return idle;
            }

            Drop(idle);
        }

        TConnection? made = null;
        try
        {
            made = await open(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _opening--;
                if (made is not null && !_disposed)
                {
                    _open.Add(made);
                }
            }
        }

        if (_disposed)
        {
            made.Dispose();
            ObjectDisposedException.ThrowIf(true, this);
        }

        return made;
    }

    /// <summary>Keeps the connection for the next call, or ends it.</summary>
    public void GiveBack(TConnection connection)
    {
        if (connection.IsReusable)
        {
            lock (_gate)
            {
                if (!_disposed)
                {
                    _idle.Push(connection);
                    return;
                }
            }
        }

        Drop(connection);
    }

    public void Drop(TConnection connection)
    {
        lock (_gate)
        {
            _open.Remove(connection);
        }

        connection.Dispose();
    }

    public void Dispose()
    {
        TConnection[] open;
        lock (_gate)
        {
            _disposed = true;
            open = [.. _open];
            _open.Clear();
            _idle.Clear();
        }

        Array.ForEach(open, connection => connection.Dispose());
    }
}
