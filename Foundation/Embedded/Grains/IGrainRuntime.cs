using Microsoft.Extensions.DependencyInjection;
using Orleans.Core;
using Orleans.Timers;

namespace Orleans.Runtime;

/// <summary>What the silo does for its grains.</summary>
public interface IGrainRuntime
{
    /// <summary>The silo as text.</summary>
    string SiloIdentity { get; }

    /// <summary>The silo.</summary>
    SiloAddress SiloAddress { get; }

    /// <summary>Makes grain references.</summary>
    IGrainFactory GrainFactory { get; }

    /// <summary>Registers grain timers.</summary>
    ITimerRegistry TimerRegistry { get; }

    /// <summary>The services of the silo.</summary>
    IServiceProvider ServiceProvider { get; }

    /// <summary>The clock of the silo.</summary>
    TimeProvider TimeProvider => ServiceProvider.GetRequiredService<TimeProvider>();

    /// <summary>Ends an activation as soon as no request is running.</summary>
    /// <param name="grainContext">The activation.</param>
    void DeactivateOnIdle(IGrainContext grainContext);

    /// <summary>Protects an activation from idle collection.</summary>
    /// <param name="grainContext">The activation.</param>
    /// <param name="timeSpan">For how long from now; zero or negative ends the protection.</param>
    void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan);

    /// <summary>The state of a grain that derives from <see cref="Grain{TGrainState}"/>.</summary>
    /// <typeparam name="TGrainState">The state.</typeparam>
    /// <param name="grainContext">The activation, which must not have been activated yet.</param>
    /// <returns>The state, which is read while the grain activates.</returns>
    IStorage<TGrainState> GetStorage<TGrainState>(IGrainContext grainContext);
}
