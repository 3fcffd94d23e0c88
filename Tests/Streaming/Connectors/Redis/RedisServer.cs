using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

[assembly: AssemblyFixture(typeof(OrleansFlow.Tests.Streaming.Connectors.Redis.SharedRedis))]

namespace OrleansFlow.Tests.Streaming.Connectors.Redis;

/// <summary>A server of Redis with a throw-away folder on a free port of the loopback. Each write is on its disk before it is answered, so that a kill loses none.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    // "read" ends with this process, however it goes. $1 gets the id of the server.
    private const string Guard = "file=$1; shift; \"$@\" </dev/null & server=$!; echo $server >\"$file\"; read -r _; kill -KILL $server 2>/dev/null; wait $server 2>/dev/null";

    private readonly string _folder = Directory.CreateTempSubdirectory("flow-redis-").FullName;
    private Process? _process;
    private Task _log = Task.CompletedTask;

    private RedisServer()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Stays the same over restarts.</summary>
    public int Port { get; }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{Port}");

    public static async Task<RedisServer> StartNewAsync(CancellationToken cancellationToken)
    {
        Requires.That(Requires.OnPath("redis-server") is not null, "Redis (redis-server on PATH, Debian's package redis-server)");
        var server = new RedisServer();
        await server.StartAsync(cancellationToken);
        return server;
    }

    /// <summary>Starts it, perhaps again.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("sh") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments =
        [
            "-c", Guard, "sh", Path.Combine(_folder, "pid"), "redis-server", "--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _folder,
            "--appendonly", "yes", "--appendfsync", "always", "--save", "",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _log = PumpAsync(_process, ready);
        await ready.Task.WaitAsync(cancellationToken);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None);
            await _log;
            process.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task PumpAsync(Process process, TaskCompletionSource ready)
    {
        var log = "";
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            log += line + "\n";
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        }

        ready.TrySetException(new InvalidOperationException("Redis did not start: " + log));
    }
}
