using System.Globalization;
using StackExchange.Redis;

namespace OrleansFlow.Tests.Streaming.Connectors.Redis;

/// <summary>A server for all tests of the assembly that need one; started by the first of them.</summary>
public sealed class SharedRedis : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1);
    private RedisServer? _server;
    private ConnectionMultiplexer? _connection;
    private int _names;

    public string Address => _server!.Address;

    /// <summary>Starts the server when it does not run yet; skips the test where there is none.</summary>
    public async Task<IDatabase> OpenAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            _server ??= await RedisServer.StartNewAsync(cancellationToken);
            _connection ??= await ConnectionMultiplexer.ConnectAsync(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_server.Port}"));
            return _connection.GetDatabase();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>What keys of no other test begin with.</summary>
    public string NewName() => string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref _names)}:");

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _gate.Dispose();
    }
}
