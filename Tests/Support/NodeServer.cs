using System.Diagnostics;

namespace OrleansFlow.Tests;

/// <summary>A running script that serves. Disposing it kills it.</summary>
public sealed class NodeServer : IAsyncDisposable
{
    private readonly Process _process;
    private bool _isDisposed;

    internal NodeServer(Process process, string firstLine)
    {
        _process = process;
        FirstLine = firstLine;
    }

    /// <summary>What it printed first, as its port.</summary>
    public string FirstLine { get; }

    /// <summary>Reads the next line that it prints; null at its end.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        await _process.StandardOutput.ReadLineAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        Kill(_process);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    internal static void Kill(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
