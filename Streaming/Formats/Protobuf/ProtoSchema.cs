using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Formats.Protobuf;

/// <summary>Finds a message in a <see cref="FileDescriptorSet"/>. Files may stand in any order, and those that come with Protobuf itself may be missing.</summary>
internal static class ProtoSchema
{
    /// <summary>Bytes of a set at most.</summary>
    public const int BytesMax = 4 << 20;

    private static readonly FileDescriptor[] WellKnown =
    [
        AnyReflection.Descriptor, ApiReflection.Descriptor, DurationReflection.Descriptor, EmptyReflection.Descriptor, FieldMaskReflection.Descriptor, SourceContextReflection.Descriptor,
        StructReflection.Descriptor, TimestampReflection.Descriptor, TypeReflection.Descriptor, WrappersReflection.Descriptor,
    ];

    /// <summary>Finds it.</summary>
    /// <param name="descriptors">The set.</param>
    /// <param name="message">Its full name.</param>
    /// <exception cref="FlowException">There is no such set, or no such message in it (<see cref="FlowErrorCode.BadOption"/>).</exception>
    public static MessageDescriptor Find(ByteString descriptors, string message)
    {
        if (descriptors.Length > BytesMax)
        {
            throw Bad($"have {descriptors.Length} bytes, more than {BytesMax}");
        }

        IReadOnlyList<FileDescriptor> files;
        try
        {
            files = FileDescriptor.BuildFromByteStrings(Ordered(FileDescriptorSet.Parser.ParseFrom(descriptors)));
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or DescriptorValidationException or ArgumentException)
        {
            throw Bad($"are no FileDescriptorSet that can be used: {exception.Message.TrimEnd('.')}");
        }

        var names = new List<string>();
        foreach (var file in files)
        {
            foreach (var found in file.MessageTypes.SelectMany(AllOf))
            {
                if (found.FullName == message)
                {
                    return found;
                }

                if (found.File.Package != "google.protobuf")
                {
                    names.Add(found.FullName);
                }
            }
        }

        const int NamesShown = 20;
        throw Bad($"have no message '{message}'; they have: {string.Join(", ", names.Take(NamesShown))}{(names.Count > NamesShown ? ", ..." : "")}");
    }

    /// <summary>What to say of descriptors that are wrong.</summary>
    public static FlowException Bad(string problem) => new(FlowErrorCode.BadOption, $"The Protobuf descriptors (protobuf.descriptors, protobuf.message) {problem}.");

    private static IEnumerable<MessageDescriptor> AllOf(MessageDescriptor message) => message.NestedTypes.Where(nested => !IsEntry(nested)).SelectMany(AllOf).Prepend(message);

    private static bool IsEntry(MessageDescriptor message) => message.GetOptions()?.MapEntry ?? false;

    /// <summary>The files with what they import before them.</summary>
    private static List<ByteString> Ordered(FileDescriptorSet set)
    {
        var files = set.File.GroupBy(file => file.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var ordered = new List<ByteString>();
        var state = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var file in set.File)
        {
            Add(file.Name);
        }

        return ordered;

        void Add(string name)
        {
            if (state.TryGetValue(name, out var isDone))
            {
                if (!isDone)
                {
                    throw Bad($"have the file '{name}', which imports itself");
                }

                return;
            }

            state[name] = false;
            if (files.TryGetValue(name, out var file))
            {
                foreach (var import in file.Dependency)
                {
                    Add(import);
                }

                ordered.Add(file.ToByteString());
            }
            else
            {
                var known = WellKnown.FirstOrDefault(known => known.Name == name) ?? throw Bad($"lack the file '{name}', which others import; let protoc write them with --include_imports");
                foreach (var import in known.Dependencies)
                {
                    Add(import.Name);
                }

                ordered.Add(known.SerializedData);
            }

            state[name] = true;
        }
    }
}
