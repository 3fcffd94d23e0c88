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
    TimeProvider TimeProvider { get; }

    /// <summary>Ends an activation as soon as no request is running.</summary>
    /// <param name="grainContext">The activation.</param>
    void DeactivateOnIdle(IGrainContext grainContext);

    /// <summary>Protects an activation from idle collection.</summary>
    /// <param name="grainContext">The activation.</param>
    /// <param name="timeSpan">For how long from now; zero or negative ends the protection.</param>
    void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan);
}
