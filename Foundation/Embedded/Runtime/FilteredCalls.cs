using System.Reflection;
using System.Runtime.ExceptionServices;
using Orleans.Serialization.Invocation;

namespace Orleans.Embedded;

/// <summary>A call on its way through filters: each <see cref="Invoke"/> goes one filter further, and back again when that one has ended.</summary>
internal abstract class FilteredCall(GrainRequest request, int filterCount)
{
    private int _next;

    public IInvokable Request => Call;

    public string InterfaceName => Call.Method.InterfaceName;

    public string MethodName => Call.Method.Name;

    public MethodInfo InterfaceMethod => Call.Method.Method;

    public Response? Response { get; set; }

    public object? Result
    {
        get => Response is { Exception: null } response ? response.Result : null;
        set => Response = Response.FromResult(value);
    }

    protected GrainRequest Call { get; } = request;

    public async Task Invoke()
    {
        if (_next < filterCount)
        {
            // Stepping back afterwards lets a filter try again.
            var index = _next++;
            try
            {
                await InvokeFilter(index);
            }
            finally
            {
                _next--;
            }

            return;
        }

        try
        {
            Result = await InvokeCall();
        }
        catch (Exception exception)
        {
            // A filter that catches it, and gives no other answer, leaves the caller with it.
            Response = Response.FromException(exception);
            throw;
        }
    }

    /// <summary>The answer of the call after the filters have ended.</summary>
    public TResult Answer<TResult>()
    {
        if (Response?.Exception is { } exception)
        {
            ExceptionDispatchInfo.Throw(exception);
        }

        return typeof(TResult) == typeof(Nothing) || Result is not { } result ? default! : (TResult)result;
    }

    protected abstract Task InvokeFilter(int index);

    protected abstract Task<object?> InvokeCall();
}

/// <summary>A call on its way through the filters of its callee.</summary>
internal sealed class IncomingCall(GrainRequest request, Activation activation)
    : FilteredCall(request, activation.IncomingFilters.Length), IIncomingGrainCallContext
{
    private readonly object _target = activation.TargetOf(request);

    public object Grain => _target;

    public GrainId? SourceId => Call._caller?.GrainId;

    public GrainId TargetId => activation.GrainId;

    public GrainInterfaceType InterfaceType => Call._reference!.InterfaceType;

    public IGrainContext TargetContext => activation;

    public MethodInfo ImplementationMethod
    {
        get
        {
            var declared = Call.Method.Method;
            var map = _target.GetType().GetInterfaceMap(Call.Method.InterfaceType);
            var index = Array.IndexOf(map.InterfaceMethods, declared.IsGenericMethod ? declared.GetGenericMethodDefinition() : declared);
            var implemented = index < 0 ? declared : map.TargetMethods[index];
            return index >= 0 && declared.IsGenericMethod ? implemented.MakeGenericMethod(declared.GetGenericArguments()) : implemented;
        }
    }

    protected override Task InvokeFilter(int index) => activation.IncomingFilters[index].Invoke(this);

    protected override Task<object?> InvokeCall() => Call.RunUntyped(_target).AsTask();
}

/// <summary>A call on its way through the filters of its caller.</summary>
internal sealed class OutgoingCall(GrainReference reference, GrainRequest request, CallClient sender, Func<Task<object?>> send)
    : FilteredCall(request, sender.OutgoingFilters.Length), IOutgoingGrainCallContext
{
    private readonly Activation? _source = GrainExecution.Current;

    public object Grain => reference;

    public GrainId? SourceId => _source?.GrainId;

    public GrainId TargetId => reference.GrainId;

    public GrainInterfaceType InterfaceType => reference.InterfaceType;

    public IGrainContext? SourceContext => _source;

    protected override Task InvokeFilter(int index) => sender.OutgoingFilters[index].Invoke(this);

    protected override Task<object?> InvokeCall() => send();
}
