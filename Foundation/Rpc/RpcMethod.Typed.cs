namespace OrleansFlow.Rpc;

/// <summary>One method of a service: its name, its shape and how its messages become bytes. Immutable; share it.</summary>
/// <typeparam name="TRequest">What the client sends.</typeparam>
/// <typeparam name="TResponse">What the server sends.</typeparam>
public sealed class RpcMethod<TRequest, TResponse>
{
    /// <summary>Describes a method with marshallers of its own.</summary>
    /// <param name="kind">Which sides are streams.</param>
    /// <param name="service">Full service name with its package.</param>
    /// <param name="method">Method name.</param>
    /// <param name="requestMarshaller">How requests become bytes.</param>
    /// <param name="responseMarshaller">How responses become bytes.</param>
    /// <exception cref="ArgumentException">A name is empty or holds a slash.</exception>
    public RpcMethod(
        RpcMethodKind kind,
        string service,
        string method,
        RpcMarshaller<TRequest> requestMarshaller,
        RpcMarshaller<TResponse> responseMarshaller)
    {
        ArgumentNullException.ThrowIfNull(requestMarshaller);
        ArgumentNullException.ThrowIfNull(responseMarshaller);
        Kind = kind;
        Service = CheckName(service, nameof(service));
        Name = CheckName(method, nameof(method));
        FullName = $"/{service}/{method}";
        RequestMarshaller = requestMarshaller;
        ResponseMarshaller = responseMarshaller;
    }

    /// <summary>Which sides are streams.</summary>
    public RpcMethodKind Kind { get; }

    /// <summary>Full service name with its package.</summary>
    public string Service { get; }

    /// <summary>Method name without its service.</summary>
    public string Name { get; }

    /// <summary>The HTTP path: <c>/service/method</c>.</summary>
    public string FullName { get; }

    /// <summary>How requests become bytes.</summary>
    public RpcMarshaller<TRequest> RequestMarshaller { get; }

    /// <summary>How responses become bytes.</summary>
    public RpcMarshaller<TResponse> ResponseMarshaller { get; }

    /// <summary>The HTTP path.</summary>
    public override string ToString() => FullName;

    private static string CheckName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        return name.Contains('/', StringComparison.Ordinal)
            ? throw new ArgumentException($"Name '{name}' of an RPC service or method must not hold a slash.", parameter)
            : name;
    }
}
