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

    /// <summary>Hands over a request.</summary>
    /// <param name="message">A request of this runtime.</param>
    void ReceiveMessage(object message);

    /// <summary>Activates the grain; here an activation does that as soon as it is made, and this changes nothing.</summary>
    /// <param name="requestContext">The values of the request that caused it; null for none.</param>
    /// <param name="cancellationToken">Cancelled to abandon the activation.</param>
    void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default);

    /// <summary>Takes what the grain had in memory in another silo; here grains are not moved between silos, and this changes nothing.</summary>
    /// <param name="context">What travelled along.</param>
    void Rehydrate(IRehydrationContext context);

    /// <summary>Starts to end the activation; ends it once no request is running.</summary>
    /// <param name="deactivationReason">Why.</param>
    /// <param name="cancellationToken">Cancelled to stop waiting for a graceful end.</param>
    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);

    /// <summary>Starts to end the activation, so that the next request makes one where the silos have room.</summary>
    /// <param name="requestContext">The values of the request that caused it; null for none.</param>
    /// <param name="cancellationToken">Cancelled to stop waiting for a graceful end.</param>
    void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default);
}
