using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>
/// A grain method as both processes know it: by the wire name of its interface, its name and the types of its parameters. Made of the
/// request class that generated code holds for the method, so that only methods of grain interfaces can be called from outside.
/// </summary>
internal sealed class RemoteMethod
{
    // Descriptions from outside choose the type arguments of generic methods: a bound on how many are kept.
    private const int KnownMax = 100_000;

    private static readonly ConcurrentDictionary<Type, RemoteMethod> ByRequest = new();
    private static int _lastNumber;

    private readonly RemoteValue[] _arguments;
    private byte[]? _description;
    private readonly Func<object> _create;

    private RemoteMethod(Type requestType, Type interfaceType, object sample)
    {
        InterfaceType = interfaceType;
        Shape = (sample as GrainRequest)?.Method ?? ((IRemoteEnumerable)sample).Method;
        IsSequence = sample is IRemoteEnumerable;
        Number = Interlocked.Increment(ref _lastNumber);
        _arguments = [.. Shape.ParameterTypes.Where(type => type != typeof(CancellationToken)).Select(RemoteValue.Of)];
        _create = IsSequence
            ? () => Activator.CreateInstance(requestType)!
            : typeof(RequestPool).GetMethod(nameof(RequestPool.Rent))!.MakeGenericMethod(requestType).CreateDelegate<Func<object>>();
        var own = interfaceType.GenericTypeArguments.Length;
        TypeArguments = requestType.GenericTypeArguments.Length > own ? requestType.GenericTypeArguments[own..] : [];
    }

    /// <summary>By which the process that calls tells the method from others.</summary>
    public int Number { get; }

    public Type InterfaceType { get; }

    public GrainMethod Shape { get; }

    public bool IsSequence { get; }

    public Type[] TypeArguments { get; }

    /// <summary>The record that describes the method to another process.</summary>
    public byte[] Description => _description ??= Describe();

    /// <summary>The method of a request or sequence that is about to be sent.</summary>
    public static RemoteMethod Of(object call, GrainReference reference)
    {
        var type = call.GetType();
        return ByRequest.TryGetValue(type, out var known)
            ? known
            : ByRequest.GetOrAdd(type, new RemoteMethod(type, InterfaceOf(reference), call));
    }

    /// <summary>The method that another process describes.</summary>
    /// <exception cref="MissingMethodException">There is none here.</exception>
    /// <exception cref="ArgumentException">The interface is not known, or too many generic methods were described.</exception>
    public static RemoteMethod Find(ReferenceFactory references, MethodDescription description)
    {
        if (ByRequest.Count >= KnownMax)
        {
            throw new ArgumentException($"More than {KnownMax} different grain methods, generic ones counted by type arguments, were described to this process.");
        }

        var interfaceType = description.FindInterface();
        var own = description.FindTypeArguments();
        var proxy = references.Create(GrainId.Create("remote", "method"), interfaceType).GetType();
        foreach (var nested in proxy.GetNestedTypes(BindingFlags.NonPublic | BindingFlags.Public))
        {
            if (TryClose(nested, proxy.GenericTypeArguments, own) is { } type
                && (typeof(GrainRequest).IsAssignableFrom(type) || typeof(IRemoteEnumerable).IsAssignableFrom(type)))
            {
                var sample = Activator.CreateInstance(type)!;
                var shape = (sample as GrainRequest)?.Method ?? ((IRemoteEnumerable)sample).Method;
                if (shape.Name == description.Name && MethodDescription.SignatureOf(shape) == description.Signature)
                {
                    return ByRequest.GetOrAdd(type, _ => new RemoteMethod(type, interfaceType, sample));
                }
            }
        }

        throw new MissingMethodException(
            $"The silo knows no method '{description.Name}({description.Signature})' of interface '{description.InterfaceName}'. "
            + "Are silo and client built from the same version of it?");
    }

    public object CreateCall() => _create();

    public void WriteArguments(CodecWriter writer, Func<int, object?> argument)
    {
        for (var index = 0; index < _arguments.Length; index++)
        {
            _arguments[index].Write(writer, (uint)index, argument(index));
        }

        writer.EndObject();
    }

    public void ReadArguments(CodecReader reader, Action<int, object?> argument)
    {
        try
        {
            while (reader.TryReadHeader(out var header))
            {
                if (header.Id < _arguments.Length)
                {
                    argument((int)header.Id, _arguments[header.Id].Read(reader, header));
                }
                else
                {
                    reader.Skip(header);
                }
            }

            reader.EndObject();
            reader.ExpectEnd();
        }
        catch (Exception exception)
        {
            throw RecordText.Unreadable(reader, $"arguments of {Shape}", exception);
        }
    }

    private byte[] Describe()
    {
        var writer = CodecWriter.Rent(null);
        try
        {
            writer.WriteVarint((ulong)RecordKind.Method);
            writer.WriteVarint((ulong)Number);
            MethodDescription.Of(this).Write(writer);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Return();
        }
    }

    private static Type InterfaceOf(GrainReference reference)
    {
        foreach (var candidate in reference.GetType().GetInterfaces())
        {
            if (typeof(IAddressable).IsAssignableFrom(candidate)
                && GrainManifest.Current.TryInterfaceOf(candidate) is { } known
                && known.Name == reference.InterfaceType)
            {
                return candidate;
            }
        }

        throw new ArgumentException($"The class '{reference.GetType()}' of a reference has no grain interface of the name '{reference.InterfaceType}'.");
    }

    private static Type? TryClose(Type nested, Type[] outer, Type[] own)
    {
        if (!nested.IsGenericTypeDefinition)
        {
            return outer.Length + own.Length == 0 ? nested : null;
        }

        if (nested.GetGenericArguments().Length != outer.Length + own.Length)
        {
            return null;
        }

        try
        {
            return nested.MakeGenericType([.. outer, .. own]);
        }
        catch (ArgumentException)
        {
            // The type arguments do not fit this method's constraints; another of the same name may take them.
            return null;
        }
    }
}
