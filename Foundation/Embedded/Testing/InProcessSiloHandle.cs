using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;

namespace Orleans.TestingHost;

/// <summary>A silo that lives in this process.</summary>
public class InProcessSiloHandle : SiloHandle
{
    private int _stopped;

    /// <summary>The silo's host.</summary>
    public IHost SiloHost { get; init; } = null!;

    /// <summary>The silo's services.</summary>
    public IServiceProvider ServiceProvider => SiloHost.Services;

    /// <inheritdoc/>
    public override bool IsActive => Volatile.Read(ref _stopped) == 0;

    internal Embedded.SiloRuntime Runtime { get; init; } = null!;

    /// <inheritdoc/>
    public override Task StopSiloAsync(bool stopGracefully) =>
        StopSiloAsync(stopGracefully ? CancellationToken.None : new CancellationToken(canceled: true));

    /// <inheritdoc/>
    public override async Task StopSiloAsync(CancellationToken ct)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        if (ct.IsCancellationRequested)
        {
            Runtime.Kill();
        }

        try
        {
            await SiloHost.StopAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // A killed silo does not end its services in order; disposing them is all that is left.
        }

        if (SiloHost is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await StopSiloAsync(stopGracefully: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "Orleans has it; tests without an async end need it.")]
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }
}
