using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>One activation: a grain object in memory and what belongs to it.</summary>
public interface IGrainContext : ITargetHolder, IEquatable<IGrainContext>
{
    /// <summary>A reference to the grain.</summary>
    GrainReference GrainReference { get; }

    /// <summary>The id of the grain.</summary>
    GrainId GrainId { get; }

    /// <summary>The grain object; null before it is created.</summary>
    object? GrainInstance { get; }

    /// <summary>Which activation of the grain this is.</summary>
    ActivationId ActivationId { get; }

    /// <summary>Where the activation lives.</summary>
    GrainAddress Address { get; }

    /// <summary>The services of the activation.</summary>
    IServiceProvider ActivationServices { get; }

    /// <summary>The steps of this activation's life.</summary>
    IGrainLifecycle ObservableLifecycle { get; }

    /// <summary>Runs work in the activation's turns.</summary>
    IWorkItemScheduler Scheduler { get; }

    /// <summary>Ends when the activation has ended.</summary>
    Task Deactivated { get; }

    /// <summary>Attaches a component.</summary>
    /// <typeparam name="TComponent">Its type, which is its key.</typeparam>
    /// <param name="value">The component; null removes it.</param>
    void SetComponent<TComponent>(TComponent? value)
        where TComponent : class;

    /// <summary>Starts to end the activation; ends it once no request is running.</summary>
    /// <param name="deactivationReason">Why.</param>
    /// <param name="cancellationToken">Cancelled to stop waiting for a graceful end.</param>
    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
}
