using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>
/// All codecs of the process. Module initializers that the generator writes fill it; only what is registered here is
/// ever made from bytes.
/// </summary>
/// <remarks>Safe for concurrent use. Registering the same type again replaces nothing and is no error.</remarks>
public static partial class CodecRegistry
{
    private static readonly ConcurrentDictionary<Type, Codec> Codecs = new();
    private static readonly ConcurrentDictionary<Type, Func<Codec>> Factories = new();
    private static readonly ConcurrentDictionary<Type, Type> GenericCodecs = new();
    private static readonly ConcurrentDictionary<Type, byte> InitializedModules = new();
    private static readonly ConcurrentDictionary<Assembly, byte> Assemblies = new();
    private static Func<Type, bool>[] _sharedRules = [];

    [SuppressMessage("Performance", "CA1810:Initialize reference type static fields inline", Justification = "Ordered.")]
    static CodecRegistry() => BuiltInCodecs.Register();

    /// <summary>Assemblies that registered a type, this one and the core library among them.</summary>
    internal static IEnumerable<Assembly> KnownAssemblies => Assemblies.Keys;

    /// <summary>Registers a type.</summary>
    /// <param name="type">The exact type; not an open generic.</param>
    /// <param name="name">Its alias, or its full name.</param>
    /// <param name="factory">Makes the codec when it is needed first.</param>
    public static void Register(Type type, string name, Func<Codec> factory)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(factory);
        RegisterName(type, name);
        Factories.TryAdd(type, factory);
        Assemblies.TryAdd(type.Assembly, 0);
    }

    /// <summary>Registers a generic type.</summary>
    /// <param name="openType">The open generic type.</param>
    /// <param name="name">Its alias, or its full name.</param>
    /// <param name="openCodec">The open generic codec, with the same type parameters and a public constructor.</param>
    public static void RegisterGeneric(Type openType, string name, Type openCodec)
    {
        ArgumentNullException.ThrowIfNull(openType);
        ArgumentNullException.ThrowIfNull(openCodec);
        RegisterName(openType, name);
        GenericCodecs.TryAdd(openType, openCodec);
        Assemblies.TryAdd(openType.Assembly, 0);
    }

    /// <summary>Registers a converter.</summary>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <typeparam name="TSurrogate">The surrogate, registered itself.</typeparam>
    /// <param name="name">The alias or full name of <typeparamref name="TValue"/>.</param>
    /// <param name="converter">The converter; used by many threads.</param>
    public static void RegisterConverter<TValue, TSurrogate>(string name, IConverter<TValue, TSurrogate> converter)
        where TSurrogate : struct =>
        Register(typeof(TValue), name, () => CreateConverterCodec(converter));

    /// <summary>Makes the codec of a converter.</summary>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <typeparam name="TSurrogate">The surrogate, registered itself.</typeparam>
    /// <param name="converter">The converter; used by many threads.</param>
    /// <returns>The codec.</returns>
    public static Codec CreateConverterCodec<TValue, TSurrogate>(IConverter<TValue, TSurrogate> converter)
        where TSurrogate : struct => new ConverterCodec<TValue, TSurrogate>(converter);

    /// <summary>
    /// Adds a rule for types whose values have identity (grain references): copies share them, and an
    /// <see cref="IReferenceFormatter"/> writes them.
    /// </summary>
    /// <param name="rule">True for such a type, be it the declared interface or the class. Must be pure.</param>
    public static void RegisterShared(Func<Type, bool> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        Func<Type, bool>[] before, after;
        do
        {
            before = _sharedRules;
            after = [.. before, rule];
        }
        while (Interlocked.CompareExchange(ref _sharedRules, after, before) != before);
    }

    /// <summary>Whether values of a type are shared by copies because they have identity.</summary>
    /// <param name="type">The declared or actual type.</param>
    /// <returns>Whether a rule of <see cref="RegisterShared"/> holds.</returns>
    public static bool IsShared(Type type)
    {
        foreach (var rule in _sharedRules)
        {
            if (rule(type))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds the codec of a type.</summary>
    /// <param name="type">The exact type.</param>
    /// <returns>The codec.</returns>
    /// <exception cref="CodecNotFoundException">None is registered.</exception>
    public static Codec Get(Type type) => TryGet(type) ?? throw NotFound(type);

    /// <summary>Finds the codec of a type.</summary>
    /// <param name="type">The exact type.</param>
    /// <returns>The codec, or null.</returns>
    public static Codec? TryGet(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Codecs.TryGetValue(type, out var codec) ? codec : Find(type);
    }

    /// <summary>Finds the codec that copies, writes and reads the members of a base class.</summary>
    /// <typeparam name="T">The base class.</typeparam>
    /// <returns>The codec.</returns>
    /// <exception cref="CodecNotFoundException">None is registered.</exception>
    public static ObjectCodec<T> GetBase<T>()
        where T : class =>
        Get(typeof(T)) as ObjectCodec<T>
            ?? (typeof(Exception).IsAssignableFrom(typeof(T)) ? Construct(typeof(ExceptionCodec<>), typeof(T)) as ObjectCodec<T> : null)
            ?? throw new CodecNotFoundException(
                $"Type '{typeof(T)}' cannot be the base of a serialized type. Add [GenerateSerializer] to it.");

    private static Codec? Find(Type type)
    {
        var codec = Create(type);
        if (codec is null && RunModuleInitializers(type))
        {
            codec = Create(type);
        }

        // A converter may stand in another assembly than its type.
        if (codec is null && !type.IsInterface && type != typeof(object) && ApplicationAssemblies.InitializeNew())
        {
            codec = Create(type);
        }

        return codec is null ? null : Codecs.GetOrAdd(type, codec);
    }

    private static Codec? Create(Type type)
    {
        if (Factories.TryGetValue(type, out var factory))
        {
            return factory();
        }

        if (type.ContainsGenericParameters)
        {
            return null;
        }

        if (IsShared(type))
        {
            return Construct(typeof(SharedCodec<>), type);
        }

        if (type.IsEnum)
        {
            return Construct(typeof(EnumCodec<>), type);
        }

        if (type.IsSZArray)
        {
            return Construct(typeof(ArrayCodec<>), type.GetElementType()!);
        }

        if (type.IsGenericType && GenericCodecs.TryGetValue(type.GetGenericTypeDefinition(), out var openCodec))
        {
            return Construct(openCodec, type.GetGenericArguments());
        }

        return BuiltInCodecs.CreateByShape(type);
    }

    internal static Codec Construct(Type openCodec, params Type[] arguments)
    {
        var codec = Activator.CreateInstance(openCodec.MakeGenericType(arguments))!;
        return codec as Codec ?? ((ICodecFactory)codec).Create();
    }

    /// <summary>
    /// An assembly's initializer runs when its first member is used. A type may be met before that, as a type argument.
    /// </summary>
    private static bool RunModuleInitializers(Type type)
    {
        var any = false;
        if (type.HasElementType)
        {
            any |= RunModuleInitializers(type.GetElementType()!);
        }

        foreach (var argument in type.GenericTypeArguments)
        {
            any |= RunModuleInitializers(argument);
        }

        if (InitializedModules.TryAdd(type, 0))
        {
            RuntimeHelpers.RunModuleConstructor(type.Module.ModuleHandle);
            any = true;
        }

        return any;
    }

    private static CodecNotFoundException NotFound(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            return new CodecNotFoundException(
                $"A delegate ('{type}') cannot be copied or sent. Pass the data that it captures, or a grain reference.");
        }

        if (type.IsArray)
        {
            return new CodecNotFoundException($"Array type '{type}' is not supported. Use an array of arrays.");
        }

        if (type.Name.StartsWith('<') || type.Namespace == "System.Linq")
        {
            return new CodecNotFoundException(
                $"Type '{type}' is made by the compiler or by LINQ and cannot be copied or sent. Call ToList() or ToArray().");
        }

        return new CodecNotFoundException(
            $"No codec is registered for type '{type}'. Add [GenerateSerializer] to the type and [Id] to its members, "
            + "or register an IConverter for it with [RegisterConverter].");
    }
}
