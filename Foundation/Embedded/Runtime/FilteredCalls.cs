using System.Reflection;
using Orleans.Serialization.Invocation;

namespace Orleans.Embedded;

/// <summary>A call on its way through the filters of its callee.</summary>
internal sealed class IncomingCall(GrainRequest request, Activation activation) : IIncomingGrainCallContext
{
    private readonly object _target = activation.TargetOf(request);
    private int _next;

    public IInvokable Request => request;

    public object Grain => _target;

    public GrainId? SourceId => request._caller?.GrainId;

    public GrainId TargetId => activation.GrainId;

    public GrainInterfaceType InterfaceType => request._reference!.InterfaceType;

    public string InterfaceName => request.Method.InterfaceName;

    public string MethodName => request.Method.Name;

    public MethodInfo InterfaceMethod => request.Method.Method;

    public IGrainContext TargetContext => activation;

    public object? Result { get; set; }

    public MethodInfo ImplementationMethod
    {
        get
        {
            var declared = request.Method.Method;
            var map = _target.GetType().GetInterfaceMap(request.Method.InterfaceType);
            var index = Array.IndexOf(map.InterfaceMethods, declared.IsGenericMethod ? declared.GetGenericMethodDefinition() : declared);
            var implemented = index < 0 ? declared : map.TargetMethods[index];
            return index >= 0 && declared.IsGenericMethod ? implemented.MakeGenericMethod(declared.GetGenericArguments()) : implemented;
        }
    }

    public async Task Invoke()
    {
        var filters = activation.IncomingFilters;
        if (_next < filters.Length)
        {
            await filters[_next++].Invoke(this);
        }
        else
        {
            Result = await request.RunUntyped(_target);
        }
    }
}

/// <summary>A call on its way through the filters of its caller.</summary>
internal sealed class OutgoingCall(GrainReference reference, GrainRequest request, CallClient sender, Func<Task<object?>> send)
    : IOutgoingGrainCallContext
{
    private readonly Activation? _source = GrainExecution.Current;
    private int _next;

    public IInvokable Request => request;

    public object Grain => reference;

    public GrainId? SourceId => _source?.GrainId;

    public GrainId TargetId => reference.GrainId;

    public GrainInterfaceType InterfaceType => reference.InterfaceType;

    public string InterfaceName => request.Method.InterfaceName;

    public string MethodName => request.Method.Name;

    public MethodInfo InterfaceMethod => request.Method.Method;

    public IGrainContext? SourceContext => _source;

    public object? Result { get; set; }

    public async Task Invoke()
    {
        if (_next < sender.OutgoingFilters.Length)
        {
            await sender.OutgoingFilters[_next++].Invoke(this);
        }
        else
        {
            Result = await send();
        }
    }
}
