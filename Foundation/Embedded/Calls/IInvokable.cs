using System.Reflection;

namespace Orleans.Serialization.Invocation;

/// <summary>Holds the object a request is invoked on.</summary>
public interface ITargetHolder
{
    /// <summary>The object.</summary>
    /// <returns>The object; null before it is created.</returns>
    object? GetTarget();

    /// <summary>A component of the holder.</summary>
    /// <param name="componentType">Its type, which is its key.</param>
    /// <returns>The component; null when there is none.</returns>
    object? GetComponent(Type componentType);
}

/// <summary>A method call as an object.</summary>
public interface IInvokable : IDisposable
{
    /// <summary>Whether the method takes a cancellation token.</summary>
    bool IsCancellable { get; }

    /// <summary>How many arguments there are, cancellation tokens not counted.</summary>
    /// <returns>The number.</returns>
    int GetArgumentCount();

    /// <summary>An argument.</summary>
    /// <param name="index">Its position, from 0.</param>
    /// <returns>The argument.</returns>
    object? GetArgument(int index);

    /// <summary>Replaces an argument.</summary>
    /// <param name="index">Its position, from 0.</param>
    /// <param name="value">The new argument.</param>
    void SetArgument(int index, object? value);

    /// <summary>The name of the method.</summary>
    /// <returns>The name.</returns>
    string GetMethodName();

    /// <summary>The name of the interface.</summary>
    /// <returns>The name.</returns>
    string GetInterfaceName();

    /// <summary>The name of the call in traces: interface and method.</summary>
    /// <returns>The name.</returns>
    string GetActivityName();

    /// <summary>The interface.</summary>
    /// <returns>The type.</returns>
    Type GetInterfaceType();

    /// <summary>The method of the interface.</summary>
    /// <returns>The method.</returns>
    MethodInfo GetMethod();

    /// <summary>The time a caller waits for an answer, when the method has its own.</summary>
    /// <returns>The time; null for the configured one.</returns>
    TimeSpan? GetDefaultResponseTimeout();

    /// <summary>The token the callee sees.</summary>
    /// <returns>The token.</returns>
    CancellationToken GetCancellationToken();
}
