using System.Reflection;
using Orleans.Serialization.Invocation;

namespace Orleans;

/// <summary>A call on its way through filters.</summary>
public interface IGrainCallContext
{
    /// <summary>The request.</summary>
    IInvokable Request { get; }

    /// <summary>For an incoming call the grain object, for an outgoing one the reference.</summary>
    object Grain { get; }

    /// <summary>The calling grain; null when the caller is not a grain.</summary>
    GrainId? SourceId { get; }

    /// <summary>The called grain.</summary>
    GrainId TargetId { get; }

    /// <summary>The called interface.</summary>
    GrainInterfaceType InterfaceType { get; }

    /// <summary>The name of the called interface.</summary>
    string InterfaceName { get; }

    /// <summary>The name of the called method.</summary>
    string MethodName { get; }

    /// <summary>The called method of the interface.</summary>
    MethodInfo InterfaceMethod { get; }

    /// <summary>The answer, once <see cref="Invoke"/> has ended; a filter may replace it.</summary>
    object? Result { get; set; }

    /// <summary>How the call ended, once <see cref="Invoke"/> has ended; a filter may replace it. Null before.</summary>
    Response? Response { get; set; }

    /// <summary>Goes on with the next filter, and finally the call.</summary>
    /// <returns>A task that ends with the call.</returns>
    Task Invoke();
}

/// <summary>A call that has reached its grain.</summary>
public interface IIncomingGrainCallContext : IGrainCallContext
{
    /// <summary>The activation.</summary>
    IGrainContext TargetContext { get; }

    /// <summary>The called method of the grain class.</summary>
    MethodInfo ImplementationMethod { get; }
}

/// <summary>A call that is about to leave its caller.</summary>
public interface IOutgoingGrainCallContext : IGrainCallContext
{
    /// <summary>The calling activation; null when the caller is not a grain.</summary>
    IGrainContext? SourceContext { get; }
}

/// <summary>Sees the calls that reach grains: all of a silo when registered in its container, one grain's when its class implements it.</summary>
public interface IIncomingGrainCallFilter
{
    /// <summary>Sees a call; not going on with <see cref="IGrainCallContext.Invoke"/> answers in the grain's place.</summary>
    /// <param name="context">The call.</param>
    /// <returns>A task that ends with the call.</returns>
    Task Invoke(IIncomingGrainCallContext context);
}

/// <summary>Sees the calls that leave a silo's grains, or a client, whose container it is registered in.</summary>
public interface IOutgoingGrainCallFilter
{
    /// <summary>Sees a call.</summary>
    /// <param name="context">The call.</param>
    /// <returns>A task that ends with the call.</returns>
    Task Invoke(IOutgoingGrainCallContext context);
}

/// <summary>An incoming filter as a delegate.</summary>
/// <param name="context">The call.</param>
/// <returns>A task that ends with the call.</returns>
public delegate Task IncomingGrainCallFilterDelegate(IIncomingGrainCallContext context);

/// <summary>An outgoing filter as a delegate.</summary>
/// <param name="context">The call.</param>
/// <returns>A task that ends with the call.</returns>
public delegate Task OutgoingGrainCallFilterDelegate(IOutgoingGrainCallContext context);
