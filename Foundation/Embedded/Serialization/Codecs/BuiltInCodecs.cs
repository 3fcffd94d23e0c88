using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;

namespace Orleans.Embedded.Serialization;

/// <summary>The codecs of the platform's types. Their names on the wire are for ever.</summary>
internal static partial class BuiltInCodecs
{
    /// <summary>The type name of values that an <see cref="IReferenceFormatter"/> writes.</summary>
    public const string SharedName = "@";

    /// <summary>The type name of JSON trees of every kind.</summary>
    public const string JsonNodeName = "jsonnode";

    private static readonly SharedCodec<object> Shared = new();

    public static void Register()
    {
        RegisterScalars();
        RegisterIdentity();
        RegisterGenerics();
        RegisterInterfaceNames();
        CodecRegistry.Register(typeof(Exception), "exception", static () => new ExceptionCodec<Exception>());
    }

    /// <summary>Finds the codec of a name that is not the name of one type.</summary>
    public static Codec? TrySpecialName(string name) =>
        name == SharedName ? Shared
        : name.StartsWith(ExceptionTypes.Prefix) ? ExceptionTypes.Resolve(name)
        : null;

    /// <summary>Makes the codec of a type that is recognised by its base type.</summary>
    public static Codec? CreateByShape(Type type)
    {
        if (typeof(Exception).IsAssignableFrom(type))
        {
            return CodecRegistry.Construct(typeof(ExceptionCodec<>), type);
        }

        if (typeof(System.Text.Json.Nodes.JsonNode).IsAssignableFrom(type))
        {
            return CodecRegistry.Construct(typeof(JsonNodeCodec<>), type);
        }

        if (typeof(System.Net.IPAddress).IsAssignableFrom(type))
        {
            return new DerivedScalarCodec(type, CodecRegistry.Get(typeof(System.Net.IPAddress)));
        }

        return CompilerCollections.TryCreate(type);
    }

    private static void RegisterGenerics()
    {
        Generic(typeof(Nullable<>), "nullable", typeof(NullableCodec<>));
        Generic(typeof(List<>), "list", typeof(ListCodec<>));
        Generic(typeof(HashSet<>), "hashset", typeof(HashSetCodec<>));
        Generic(typeof(SortedSet<>), "sortedset", typeof(SortedSetCodec<>));
        Generic(typeof(Queue<>), "queue", typeof(QueueCodec<>));
        Generic(typeof(Stack<>), "stack", typeof(StackCodec<>));
        Generic(typeof(LinkedList<>), "linkedlist", typeof(LinkedListCodec<>));
        Generic(typeof(ConcurrentQueue<>), "concurrentqueue", typeof(ConcurrentQueueCodec<>));
        Generic(typeof(Dictionary<,>), "dictionary", typeof(DictionaryCodec<,>));
        Generic(typeof(SortedDictionary<,>), "sorteddictionary", typeof(SortedDictionaryCodec<,>));
        Generic(typeof(SortedList<,>), "sortedlist", typeof(SortedListCodec<,>));
        Generic(typeof(ConcurrentDictionary<,>), "concurrentdictionary", typeof(ConcurrentDictionaryCodec<,>));
        Generic(typeof(ImmutableArray<>), "immutablearray", typeof(ImmutableArrayCodec<>));
        Generic(typeof(ImmutableList<>), "immutablelist", typeof(ImmutableListCodec<>));
        Generic(typeof(ImmutableQueue<>), "immutablequeue", typeof(ImmutableQueueCodec<>));
        Generic(typeof(ImmutableHashSet<>), "immutablehashset", typeof(ImmutableHashSetCodec<>));
        Generic(typeof(ImmutableSortedSet<>), "immutablesortedset", typeof(ImmutableSortedSetCodec<>));
        Generic(typeof(ImmutableDictionary<,>), "immutabledictionary", typeof(ImmutableDictionaryCodec<,>));
        Generic(typeof(ImmutableSortedDictionary<,>), "immutablesorteddictionary", typeof(ImmutableSortedDictionaryCodec<,>));
        Generic(typeof(ReadOnlyCollection<>), "readonlycollection", typeof(ReadOnlyCollectionCodec<>));
        Generic(typeof(ReadOnlyDictionary<,>), "readonlydictionary", typeof(ReadOnlyDictionaryCodec<,>));
        Generic(typeof(KeyValuePair<,>), "pair", typeof(KeyValuePairCodec<,>));
        Generic(typeof(Concurrency.Immutable<>), "immutable", typeof(ImmutableWrapperCodec<>));
        CodecRegistry.Register(typeof(GrainCancellationToken), "graincancellationtoken", static () => new ClonedCodec<GrainCancellationToken>(
            static token => token.CopyForCallee(),
            RemoteTokens.Write,
            RemoteTokens.Read));
        Type[] valueTuples =
        [
            typeof(ValueTuple<>), typeof(ValueTuple<,>), typeof(ValueTuple<,,>), typeof(ValueTuple<,,,>),
            typeof(ValueTuple<,,,,>), typeof(ValueTuple<,,,,,>), typeof(ValueTuple<,,,,,,>), typeof(ValueTuple<,,,,,,,>),
        ];
        Type[] valueTupleCodecs =
        [
            typeof(ValueTupleCodec<>), typeof(ValueTupleCodec<,>), typeof(ValueTupleCodec<,,>), typeof(ValueTupleCodec<,,,>),
            typeof(ValueTupleCodec<,,,,>), typeof(ValueTupleCodec<,,,,,>), typeof(ValueTupleCodec<,,,,,,>),
            typeof(ValueTupleCodec<,,,,,,,>),
        ];
        Type[] tuples =
        [
            typeof(Tuple<>), typeof(Tuple<,>), typeof(Tuple<,,>), typeof(Tuple<,,,>),
            typeof(Tuple<,,,,>), typeof(Tuple<,,,,,>), typeof(Tuple<,,,,,,>), typeof(Tuple<,,,,,,,>),
        ];
        Type[] tupleCodecs =
        [
            typeof(ClassTupleCodecOf1<>), typeof(ClassTupleCodecOf2<,>), typeof(ClassTupleCodecOf3<,,>), typeof(ClassTupleCodecOf4<,,,>),
            typeof(ClassTupleCodecOf5<,,,,>), typeof(ClassTupleCodecOf6<,,,,,>), typeof(ClassTupleCodecOf7<,,,,,,>),
            typeof(ClassTupleCodecOf8<,,,,,,,>),
        ];
        for (var i = 0; i < tuples.Length; i++)
        {
            Generic(valueTuples[i], $"valuetuple{i + 1}", valueTupleCodecs[i]);
            Generic(tuples[i], $"tuple{i + 1}", tupleCodecs[i]);
        }
    }

    /// <summary>Interfaces and base types have no instances, but they are type arguments: <c>list&lt;object&gt;</c>.</summary>
    private static void RegisterInterfaceNames()
    {
        CodecRegistry.RegisterName(typeof(object), "object");
        CodecRegistry.RegisterName(typeof(System.Text.Json.Nodes.JsonNode), JsonNodeName);
        CodecRegistry.RegisterName(typeof(IEnumerable<>), "ienumerable");
        CodecRegistry.RegisterName(typeof(ICollection<>), "icollection");
        CodecRegistry.RegisterName(typeof(IList<>), "ilist");
        CodecRegistry.RegisterName(typeof(ISet<>), "iset");
        CodecRegistry.RegisterName(typeof(IDictionary<,>), "idictionary");
        CodecRegistry.RegisterName(typeof(IReadOnlyCollection<>), "ireadonlycollection");
        CodecRegistry.RegisterName(typeof(IReadOnlyList<>), "ireadonlylist");
        CodecRegistry.RegisterName(typeof(IReadOnlySet<>), "ireadonlyset");
        CodecRegistry.RegisterName(typeof(IReadOnlyDictionary<,>), "ireadonlydictionary");
    }

    private static void Generic(Type type, string name, Type codec) => CodecRegistry.RegisterGeneric(type, name, codec);
}
