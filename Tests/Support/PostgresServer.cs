using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansFlow.Tests;

/// <summary>A PostgreSQL server with a throw-away data folder on a free port of the loopback, for the time of a test or a benchmark.</summary>
/// <remarks>
/// PostgreSQL refuses to run as root, so under root it runs as the user <c>postgres</c> (or <c>nobody</c>), who then owns the folder.
/// A small shell stands between: it ends the server when this process is gone, however it went, because its standard input ends then.
/// </remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    private const int StartsMax = 50;

    // $@ is the server; "read" ends with this process. A fast shutdown (SIGINT) does not wait for connections.
    private const string Guard = "\"$@\" </dev/null & server=$!; read -r _; kill -INT $server 2>/dev/null; wait $server";

    private readonly string _binaries;
    private readonly string _folder;
    private readonly string[] _asUser;
    private readonly string[] _settings;
    private Process? _process;
    private Task _log = Task.CompletedTask;

    private PostgresServer(string binaries, string folder, string[] asUser, string[] settings)
    {
        _binaries = binaries;
        _folder = folder;
        _asUser = asUser;
        _settings = settings;
        Port = FreePort();
    }

    /// <summary>Port on 127.0.0.1; stays the same over restarts.</summary>
    public int Port { get; }

    /// <summary>For Npgsql: superuser, no password.</summary>
    public string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Database=postgres;Username=flow");

    /// <summary>Folder with the server's files.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>Whether the server's programs are here: on PATH, or where Debian puts them.</summary>
    public static bool IsInstalled => FindBinaries() is not null;

    /// <summary>Makes a data folder and starts a server on it.</summary>
    /// <param name="parentFolder">An existing folder that the server's user may enter; null: the system's temporary folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="settings">Further settings, as <c>fsync=off</c>.</param>
    public static async Task<PostgresServer> StartAsync(string? parentFolder, CancellationToken cancellationToken, params string[] settings)
    {
        var binaries = FindBinaries() ?? throw new InvalidOperationException("PostgreSQL is not installed (initdb and postgres were looked for).");
        var folder = Path.Combine(parentFolder ?? Path.GetTempPath(), "flow-postgres-" + Path.GetRandomFileName());
        Directory.CreateDirectory(folder);
        string[] asUser = [];
        if (Environment.UserName == "root")
        {
            var user = (await File.ReadAllLinesAsync("/etc/passwd", cancellationToken)).Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";
            await RunAsync(["chown", user, folder], cancellationToken);
            asUser = ["setpriv", "--reuid", user, "--clear-groups"];
        }

        var server = new PostgresServer(binaries, folder, asUser, settings);
        await RunAsync(
            [.. asUser, Path.Combine(binaries, "initdb"), "-D", server.DataFolder, "-U", "flow", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            cancellationToken);
        await server.StartAsync(cancellationToken);
        return server;
    }

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // After a kill its children need a moment to see that they are orphans; until then a new server refuses to start.
        for (var attempt = 1; !await TryStartAsync(cancellationToken); attempt++)
        {
            if (attempt == StartsMax)
            {
                throw new InvalidOperationException($"PostgreSQL did not start: {await File.ReadAllTextAsync(Path.Combine(_folder, "log"), cancellationToken)}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Stops it as an operator's restart does: connections are cut, transactions rolled back, everything written.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            await EndAsync(process);
        }
    }

    /// <summary>SIGKILL to the server: it recovers from its log at the next start.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            var id = (await File.ReadAllLinesAsync(Path.Combine(DataFolder, "postmaster.pid"), CancellationToken.None))[0];
            using var server = Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
            server.Kill();
            process.StandardInput.Close();
            await EndAsync(process);
        }
    }

    /// <summary>Stops it and deletes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A child of a killed server may still write its last file: the temporary folder keeps it.
        }
    }

    private static string? FindBinaries()
    {
        string[] folders =
        [
            .. Directory.Exists("/usr/lib/postgresql")
                ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(folder => folder, StringComparer.Ordinal).Select(folder => Path.Combine(folder, "bin"))
                : [],
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        ];
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task RunAsync(string[] command, CancellationToken cancellationToken)
    {
        using var process = Process.Start(Command(command))!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {await output}{await error}");
        }
    }

    private static ProcessStartInfo Command(string[] command)
    {
        // The server's user need not be allowed to enter the folder that this process was started in.
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/",
        };
        foreach (var argument in command.AsSpan(1))
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private async Task<bool> TryStartAsync(CancellationToken cancellationToken)
    {
        string[] server =
        [
            Path.Combine(_binaries, "postgres"), "-D", DataFolder, "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={DataFolder}", .. _settings.SelectMany(setting => new[] { "-c", setting }),
        ];
        var process = Process.Start(Command([.. _asUser, "sh", "-c", Guard, "sh", .. server]))!;
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _log = Task.WhenAll(PumpAsync(process, ready), process.StandardOutput.ReadToEndAsync(CancellationToken.None));
        if (await ready.Task.WaitAsync(cancellationToken))
        {
            _process = process;
            return true;
        }

        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        process.Dispose();
        return false;
    }

    private async Task PumpAsync(Process process, TaskCompletionSource<bool> ready)
    {
        await using var log = new StreamWriter(Path.Combine(_folder, "log"), append: true);
        while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
        {
            await log.WriteLineAsync(line);
            if (line.Contains("ready to accept connections", StringComparison.Ordinal))
            {
                ready.TrySetResult(true);
            }
            else if (line.Contains("FATAL", StringComparison.Ordinal) && !ready.Task.IsCompleted && !line.Contains("starting up", StringComparison.Ordinal))
            {
                ready.TrySetResult(false);
            }
        }

        ready.TrySetResult(false);
    }

    private async Task EndAsync(Process process)
    {
        _process = null;
        await process.WaitForExitAsync(CancellationToken.None);
        await _log;
        process.Dispose();
    }
}
