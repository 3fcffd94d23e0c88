using System.Globalization;
using Xunit;

namespace OrleansFlow.Tests;

/// <summary>One server for all tests of an assembly that need one, started by the first of them. Each test takes a schema of its own.</summary>
/// <remarks>An assembly says <c>[assembly: AssemblyFixture(typeof(PostgresFixture))]</c>.</remarks>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly SemaphoreSlim _gate = new(1);
    private PostgresServer? _server;
    private int _schemas;

    /// <summary>Starts the server when it does not run yet; skips the test where there is none (see <see cref="Requires"/>).</summary>
    public async Task<string> ConnectAsync(CancellationToken cancellationToken)
    {
        Requires.That(PostgresServer.IsInstalled, "PostgreSQL (initdb and postgres on PATH, or Debian's package postgresql)");
        await _gate.WaitAsync(cancellationToken);
        try
        {
            // A crash of the machine is not what these tests are about.
            _server ??= await PostgresServer.StartAsync(null, cancellationToken, "fsync=off", "max_connections=200");
            return _server.ConnectionString;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A schema name that no other test has.</summary>
    public string NewSchema() => string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _schemas)}");

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _gate.Dispose();
    }
}
