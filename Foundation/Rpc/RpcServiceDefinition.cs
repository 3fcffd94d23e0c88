using Google.Protobuf.Reflection;

namespace OrleansFlow.Rpc;

/// <summary>
/// A service: its methods and their handlers, independent of the server that carries it. Build it once at start-up;
/// handlers run concurrently.
/// </summary>
public sealed class RpcServiceDefinition
{
    private readonly Dictionary<string, RpcServiceMethod> _methods = new(StringComparer.Ordinal);

    /// <summary>Begins a service without methods.</summary>
    /// <param name="service">Full service name with its package.</param>
    public RpcServiceDefinition(string service)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        Service = service;
    }

    /// <summary>Full service name with its package.</summary>
    public string Service { get; }

    /// <summary>The methods that are offered; any other is UNIMPLEMENTED.</summary>
    public IReadOnlyCollection<RpcServiceMethod> Methods => _methods.Values;

    /// <summary>The file that describes the service to the reflection service; null when none was named.</summary>
    public FileDescriptor? Descriptor { get; private set; }

    /// <summary>Names the file that describes the service, for tools that ask the reflection service.</summary>
    /// <param name="file">Of protoc, as <c>FlowV1Reflection.Descriptor</c>.</param>
    /// <exception cref="ArgumentException">The file does not describe the service.</exception>
    public RpcServiceDefinition DescribedBy(FileDescriptor file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Services.All(service => service.FullName != Service))
        {
            throw new ArgumentException($"File '{file.Name}' does not describe service '{Service}'.", nameof(file));
        }

        Descriptor = file;
        return this;
    }

    /// <summary>Offers a method with one request and one response.</summary>
    /// <exception cref="ArgumentException">The method is of another service or kind, or is offered already.</exception>
    public RpcServiceDefinition Unary<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcUnaryHandler<TRequest, TResponse> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(method, RpcMethodKind.Unary, async call =>
        {
            var request = await call.ReadSingleAsync(method.RequestMarshaller).ConfigureAwait(false);
            var response = await handler(request, call.Context).ConfigureAwait(false);
            await call.WriteAsync(method.ResponseMarshaller, response, flush: false).ConfigureAwait(false);
        });
    }

    /// <summary>Offers a method with one request and a sequence of responses.</summary>
    /// <exception cref="ArgumentException">The method is of another service or kind, or is offered already.</exception>
    public RpcServiceDefinition ServerStreaming<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcServerStreamingHandler<TRequest, TResponse> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(method, RpcMethodKind.ServerStreaming, async call =>
        {
            var request = await call.ReadSingleAsync(method.RequestMarshaller).ConfigureAwait(false);
            await WriteAllAsync(call, method.ResponseMarshaller, handler(request, call.Context)).ConfigureAwait(false);
        });
    }

    /// <summary>Offers a method with one request whose handler writes responses.</summary>
    /// <exception cref="ArgumentException">The method is of another service or kind, or is offered already.</exception>
    public RpcServiceDefinition ServerStreaming<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcServerStreamingWriteHandler<TRequest, TResponse> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(method, RpcMethodKind.ServerStreaming, async call =>
        {
            var request = await call.ReadSingleAsync(method.RequestMarshaller).ConfigureAwait(false);
            var responses = new RpcResponseWriter<TResponse>(call, method.ResponseMarshaller);
            await handler(request, responses, call.Context).ConfigureAwait(false);
        });
    }

    /// <summary>Offers a method with a stream of requests and one response.</summary>
    /// <exception cref="ArgumentException">The method is of another service or kind, or is offered already.</exception>
    public RpcServiceDefinition ClientStreaming<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcClientStreamingHandler<TRequest, TResponse> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(method, RpcMethodKind.ClientStreaming, async call =>
        {
            var response = await handler(call.ReadAllAsync(method.RequestMarshaller), call.Context).ConfigureAwait(false);
            await call.WriteAsync(method.ResponseMarshaller, response, flush: false).ConfigureAwait(false);
        });
    }

    /// <summary>Offers a method with streams both ways, answered by a sequence.</summary>
    /// <exception cref="ArgumentException">The method is of another service or kind, or is offered already.</exception>
    public RpcServiceDefinition Duplex<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcDuplexHandler<TRequest, TResponse> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(
            method,
            RpcMethodKind.Duplex,
            call => WriteAllAsync(
                call, method.ResponseMarshaller, handler(call.ReadAllAsync(method.RequestMarshaller), call.Context)));
    }

    /// <summary>Offers a method with streams both ways whose handler writes responses.</summary>
    /// <exception cref="ArgumentException">The method is of another service or kind, or is offered already.</exception>
    public RpcServiceDefinition Duplex<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcDuplexWriteHandler<TRequest, TResponse> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return Add(method, RpcMethodKind.Duplex, call =>
        {
            var responses = new RpcResponseWriter<TResponse>(call, method.ResponseMarshaller);
            return handler(call.ReadAllAsync(method.RequestMarshaller), responses, call.Context);
        });
    }

    /// <summary>
    /// Writes a sequence. What is ready at once travels together; whenever the sequence has to be waited for, everything before is sent,
    /// the headers too: the caller may wait for them before it sends what the sequence waits for.
    /// </summary>
    private static async Task WriteAllAsync<TResponse>(
        RpcServerCall call, RpcMarshaller<TResponse> marshaller, IAsyncEnumerable<TResponse> responses)
    {
        var sequence = responses.GetAsyncEnumerator(call.Context.CancellationToken);
        await using var _ = sequence.ConfigureAwait(false);
        while (true)
        {
            var next = sequence.MoveNextAsync();
            if (!(next.IsCompleted ? await next.ConfigureAwait(false) : await FlushMeanwhileAsync(call, next.AsTask()).ConfigureAwait(false)))
            {
                return;
            }

            await call.WriteAsync(marshaller, sequence.Current, flush: false).ConfigureAwait(false);
        }
    }

    private static async Task<bool> FlushMeanwhileAsync(RpcServerCall call, Task<bool> next)
    {
        try
        {
            await call.FlushAsync().ConfigureAwait(false);
        }
        catch
        {
            // A sequence must not be disposed while it is asked for its next element; the flush's failure is what counts.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await next.ConfigureAwait(false);
    }

    private RpcServiceDefinition Add<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, RpcMethodKind kind, Func<RpcServerCall, Task> invokeAsync)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (method.Service != Service)
        {
            throw new ArgumentException($"Method {method} is not of service '{Service}'.", nameof(method));
        }

        if (method.Kind != kind)
        {
            throw new ArgumentException($"Method {method} is {method.Kind}, not {kind}.", nameof(method));
        }

        return _methods.TryAdd(method.Name, new RpcServiceMethod(kind, method.Name, method.FullName, invokeAsync))
            ? this
            : throw new ArgumentException($"Method {method} is offered already.", nameof(method));
    }
}
