namespace OrleansFlow.Rpc;

/// <summary>One method of a service together with its handler.</summary>
public sealed class RpcServiceMethod
{
    internal RpcServiceMethod(RpcMethodKind kind, string name, string fullName, Func<RpcServerCall, Task> invokeAsync)
    {
        Kind = kind;
        Name = name;
        FullName = fullName;
        InvokeAsync = invokeAsync;
    }

    /// <summary>Which sides are streams.</summary>
    public RpcMethodKind Kind { get; }

    /// <summary>Method name without its service.</summary>
    public string Name { get; }

    /// <summary>The HTTP path: <c>/service/method</c>.</summary>
    public string FullName { get; }

    internal Func<RpcServerCall, Task> InvokeAsync { get; }
}
