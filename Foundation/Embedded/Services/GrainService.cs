using Microsoft.Extensions.Logging;
using Orleans.Embedded;
using Orleans.Services;

namespace Orleans.Runtime;

/// <summary>
/// Base of grain services. The silo makes one at its start and ends it at its own end; its methods run in turns as a grain's do.
/// Register it with <c>AddGrainService</c>.
/// </summary>
public abstract class GrainService : IGrainService
{
    /// <summary>Creates the service.</summary>
    /// <param name="grainId">Its id, which the silo gives.</param>
    /// <param name="silo">The silo.</param>
    /// <param name="loggerFactory">Makes its logger.</param>
    protected GrainService(GrainId grainId, Silo silo, ILoggerFactory loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(loggerFactory);
        GrainId = grainId;
        Silo = silo.SiloAddress;
        Logger = loggerFactory.CreateLogger(GetType().FullName!);
    }

    /// <summary>What the service is doing.</summary>
    protected enum GrainServiceStatus
    {
        /// <summary>Made, and not started.</summary>
        Booting,

        /// <summary>Started.</summary>
        Started,

        /// <summary>Stopped.</summary>
        Stopped,
    }

    /// <summary>The id of the service in this silo.</summary>
    public GrainId GrainId { get; }

    /// <summary>The silo.</summary>
    public SiloAddress Silo { get; }

    /// <summary>The service's logger.</summary>
    protected ILogger Logger { get; }

    /// <summary>What the service is doing.</summary>
    protected GrainServiceStatus Status { get; set; }

    /// <summary>Cancelled when the service stops.</summary>
    protected CancellationTokenSource StoppedCancellationTokenSource { get; } = new();

    /// <summary>Called once, before the silo serves grains.</summary>
    /// <param name="serviceProvider">The services of the silo.</param>
    /// <returns>A task; its failure fails the start of the silo.</returns>
    public virtual Task Init(IServiceProvider serviceProvider) => Task.CompletedTask;

    /// <summary>Called once, when the silo serves grains.</summary>
    /// <returns>A task; its failure fails the start of the silo.</returns>
    public virtual Task Start()
    {
        Status = GrainServiceStatus.Started;
        return StartInBackground();
    }

    /// <summary>Called once, before the silo ends its grains.</summary>
    /// <returns>A task; its failure is logged.</returns>
    public virtual Task Stop()
    {
        StoppedCancellationTokenSource.CancelHere();
        Status = GrainServiceStatus.Stopped;
        return Task.CompletedTask;
    }

    /// <summary>Called by <see cref="Start"/>.</summary>
    /// <returns>A task that <see cref="Start"/> waits for.</returns>
    protected virtual Task StartInBackground() => Task.CompletedTask;
}
