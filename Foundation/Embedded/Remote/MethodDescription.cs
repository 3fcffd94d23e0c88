using Orleans.Embedded.Serialization;

namespace Orleans.Embedded.Remote;

/// <summary>How a method is named on the wire. Types stand there by the names they are registered with for serialization.</summary>
internal sealed record MethodDescription(
    string InterfaceName, string[] InterfaceArguments, string Name, string[] TypeArguments, string Signature)
{
    private const int TypeArgumentsMax = 32;

    public static MethodDescription Of(RemoteMethod method)
    {
        var type = method.InterfaceType;
        var open = type.IsConstructedGenericType ? type.GetGenericTypeDefinition() : type;
        return new MethodDescription(
            GrainManifest.Current.TryInterfaceOf(open)!.Name.ToString(),
            [.. type.GenericTypeArguments.Select(CodecRegistry.Name)],
            method.Shape.Name,
            [.. method.TypeArguments.Select(CodecRegistry.Name)],
            SignatureOf(method.Shape));
    }

    public static string SignatureOf(GrainMethod shape) => string.Join(", ", shape.ParameterTypes.Select(type => type.ToString()));

    public static MethodDescription Read(CodecReader reader) => new(
        reader.ReadString(), ReadNames(reader), reader.ReadString(), ReadNames(reader), reader.ReadString());

    public void Write(CodecWriter writer)
    {
        writer.WriteString(InterfaceName);
        WriteNames(writer, InterfaceArguments);
        writer.WriteString(Name);
        WriteNames(writer, TypeArguments);
        writer.WriteString(Signature);
    }

    /// <exception cref="ArgumentException">There is no such interface here.</exception>
    /// <exception cref="Orleans.Serialization.SerializerException">A type argument is not registered here.</exception>
    public Type FindInterface()
    {
        var type = GrainManifest.Current.InterfaceOf(GrainInterfaceType.Create(InterfaceName)).Type;
        if (!type.IsGenericTypeDefinition)
        {
            return type;
        }

        var arity = type.GetGenericArguments().Length;
        return arity == InterfaceArguments.Length
            ? type.MakeGenericType([.. InterfaceArguments.Select(CodecRegistry.ResolveName)])
            : throw new ArgumentException($"Interface '{InterfaceName}' has {arity} type parameters; {InterfaceArguments.Length} arguments were sent.");
    }

    /// <exception cref="Orleans.Serialization.SerializerException">A type argument is not registered here.</exception>
    public Type[] FindTypeArguments() => [.. TypeArguments.Select(CodecRegistry.ResolveName)];

    private static void WriteNames(CodecWriter writer, string[] names)
    {
        writer.WriteVarint((ulong)names.Length);
        foreach (var name in names)
        {
            writer.WriteString(name);
        }
    }

    private static string[] ReadNames(CodecReader reader)
    {
        var names = new string[RecordText.ReadCount(reader, "type arguments")];
        if (names.Length > TypeArgumentsMax)
        {
            throw reader.Error($"{names.Length} type arguments are announced; {TypeArgumentsMax} are allowed");
        }

        for (var index = 0; index < names.Length; index++)
        {
            names[index] = reader.ReadString();
        }

        return names;
    }
}
