using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace OrleansFlow.Tests;

/// <summary>
/// Runs the scripts of <c>Tests/Npm</c>: other implementations of the project's protocols. Its packages are installed by
/// the first test that needs them, once for each content of the lock file.
/// </summary>
public static class NodeTool
{
    private static readonly SemaphoreSlim InstallGate = new(1, 1);

    /// <summary>The folder of scripts and packages.</summary>
    public static string Folder => RepositoryRoot.Combine("Tests", "Npm");

    /// <summary>Skips the test where node or npm is missing (fails under <c>FLOW_REQUIRE_ALL=1</c>), installs packages otherwise.</summary>
    public static async Task RequireAsync(CancellationToken cancellationToken)
    {
        Requires.That(Requires.OnPath("node") is not null, "node (Node.js 20)");
        Requires.That(Requires.OnPath("npm") is not null, "npm");
        await InstallGate.WaitAsync(cancellationToken);
        try
        {
            await InstallWhileLockedAsync(cancellationToken);
        }
        finally
        {
            InstallGate.Release();
        }
    }

    /// <summary>Runs a script to its end.</summary>
    /// <param name="script">File name inside <see cref="Folder"/>.</param>
    /// <param name="arguments">Passed on.</param>
    /// <param name="cancellationToken">Kills the script.</param>
    /// <returns>What it printed on standard output.</returns>
    /// <exception cref="InvalidOperationException">It exited with another code than zero; the message holds its output.</exception>
    public static async Task<string> RunAsync(string script, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken);
        return await RunProcessAsync("node", [script, .. arguments], cancellationToken);
    }

    /// <summary>Starts a script that serves, of <see cref="Folder"/> or by its full path, and waits for its first line of output. Dispose it.</summary>
    public static async Task<NodeServer> StartAsync(string script, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await RequireAsync(cancellationToken);
        var process = Start("node", [script, .. arguments]);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var firstLine = await process.StandardOutput.ReadLineAsync(cancellationToken);
        return firstLine is null
            ? throw new InvalidOperationException($"{script} ended before it said where it serves: {await errors}")
            : new NodeServer(process, firstLine);
    }

    private static async Task InstallWhileLockedAsync(CancellationToken cancellationToken)
    {
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(Folder, "package-lock.json"), cancellationToken);
        var wanted = Convert.ToHexString(SHA256.HashData(lockFile));
        var stamp = Path.Combine(Folder, "node_modules", ".installed");
        if (IsInstalled())
        {
            return;
        }

        // Test projects run side by side; the file's lock is what only one process holds.
        await using var gate = await OpenGateAsync(Path.Combine(RepositoryRoot.Path, "artifacts", "npm-install.lock"), cancellationToken);
        if (IsInstalled())
        {
            return;
        }

        await RunProcessAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cancellationToken);
        await File.WriteAllTextAsync(stamp, wanted, cancellationToken);

        bool IsInstalled() => File.Exists(stamp) && File.ReadAllText(stamp) == wanted;
    }

    private static async Task<FileStream> OpenGateAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // Another test process installs; no event says when it is done.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }
        }
    }

    private static async Task<string> RunProcessAsync(
        string command, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Start(command, arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? await output
                : throw new InvalidOperationException(
                    $"{command} {string.Join(' ', arguments)} exited with {process.ExitCode}:\n{await output}\n{await errors}");
        }
        finally
        {
            NodeServer.Kill(process);
        }
    }

    private static Process Start(string command, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(Requires.OnPath(command)!)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // For scripts that lie elsewhere, as the samples: 'require' looks here, too.
        start.Environment["NODE_PATH"] = Path.Combine(Folder, "node_modules");
        return Process.Start(start) ?? throw new InvalidOperationException($"{command} could not be started.");
    }
}
