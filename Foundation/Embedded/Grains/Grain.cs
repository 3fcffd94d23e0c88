using Microsoft.Extensions.DependencyInjection;
using Orleans.Embedded;

namespace Orleans;

/// <summary>Base class of grain implementations.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    private readonly IGrainRuntime? _runtime;

    /// <summary>Binds to the activation that is being created. An object made outside the runtime, as in a unit test, has no context.</summary>
    protected Grain()
        : this(GrainExecution.Current!)
    {
    }

    /// <summary>Binds to a given activation; for tests and containers that create grains themselves.</summary>
    /// <param name="grainContext">The activation.</param>
    /// <param name="grainRuntime">Services of the silo; null takes them from the activation.</param>
    protected Grain(IGrainContext grainContext, IGrainRuntime? grainRuntime = null)
    {
        GrainContext = grainContext;
        _runtime = grainRuntime;
    }

    /// <inheritdoc/>
    public IGrainContext GrainContext { get; }

    /// <summary>A reference to this grain.</summary>
    public GrainReference GrainReference => GrainContext.GrainReference;

    /// <summary>The id of this grain as text.</summary>
    public string IdentityString => GrainContext.GrainId.ToString();

    /// <summary>The silo that hosts this activation, as text.</summary>
    public string RuntimeIdentity => Runtime.SiloIdentity;

    /// <summary>Makes references to other grains.</summary>
    protected IGrainFactory GrainFactory => Runtime.GrainFactory;

    /// <summary>The services of the activation.</summary>
    protected internal IServiceProvider ServiceProvider => GrainContext.ActivationServices;

    internal IGrainRuntime Runtime => _runtime
        ?? (GrainContext as Activation)?.Silo
        ?? GrainContext.ActivationServices.GetRequiredService<IGrainRuntime>();

    /// <summary>Called once, before the first request.</summary>
    /// <param name="cancellationToken">Cancelled when activation takes longer than <see cref="Configuration.GrainCollectionOptions.ActivationTimeout"/>.</param>
    /// <returns>A task; its failure fails every waiting caller and ends the activation.</returns>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called after the last request; not called when the process or silo dies.</summary>
    /// <param name="reason">Why the activation ends.</param>
    /// <param name="cancellationToken">Cancelled when deactivation takes longer than <see cref="Configuration.GrainCollectionOptions.DeactivationTimeout"/>.</param>
    /// <returns>A task; its failure is logged.</returns>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends this activation as soon as no request is running.</summary>
    protected void DeactivateOnIdle() => Runtime.DeactivateOnIdle(GrainContext);

    /// <summary>Ends this activation as soon as no request is running; the next call places the grain anew.</summary>
    protected void MigrateOnIdle() => GrainContext.Migrate(null);

    /// <summary>Protects this activation from idle collection.</summary>
    /// <param name="timeSpan">For how long from now; zero or negative ends the protection, <see cref="Timeout.InfiniteTimeSpan"/> never does.</param>
    protected void DelayDeactivation(TimeSpan timeSpan) => Runtime.DelayDeactivation(GrainContext, timeSpan);

    /// <summary>Registers a timer whose callback may interleave with requests.</summary>
    /// <param name="callback">Called at each tick.</param>
    /// <param name="state">Passed to the callback.</param>
    /// <param name="dueTime">Time to the first tick; <see cref="Timeout.InfiniteTimeSpan"/> never.</param>
    /// <param name="period">Time from the end of a callback to the next tick.</param>
    /// <returns>Disposing it stops the timer.</returns>
    [Obsolete("Use 'this.RegisterGrainTimer(callback, state, new() { DueTime = dueTime, Period = period, Interleave = true })' instead.")]
    protected IDisposable RegisterTimer(Func<object?, Task> callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Runtime.TimerRegistry.RegisterTimer(GrainContext, callback, state, dueTime, period);
}
