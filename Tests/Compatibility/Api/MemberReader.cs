using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>Reads the members of one type.</summary>
internal sealed class MemberReader(MetadataReader reader, byte typeContext)
{
    public IEnumerable<ApiMember> Visible(TypeDefinition type)
    {
        foreach (var handle in type.GetFields())
        {
            var field = reader.GetFieldDefinition(handle);
            if (Access(field.Attributes & FieldAttributes.FieldAccessMask) is { } access && !field.Attributes.HasFlag(FieldAttributes.RTSpecialName))
            {
                yield return Field(field, access);
            }
        }

        foreach (var handle in type.GetMethods())
        {
            if (Access((FieldAttributes)(reader.GetMethodDefinition(handle).Attributes & MethodAttributes.MemberAccessMask)) is not null)
            {
                yield return Method(handle);
            }
        }

        foreach (var handle in type.GetProperties())
        {
            var property = reader.GetPropertyDefinition(handle);
            var accessors = property.GetAccessors();
            if (IsVisible(accessors.Getter) || IsVisible(accessors.Setter))
            {
                yield return Property(property);
            }
        }

        foreach (var handle in type.GetEvents())
        {
            var item = reader.GetEventDefinition(handle);
            if (IsVisible(item.GetAccessors().Adder))
            {
                yield return Plain($"event {reader.GetString(item.Name)}", reader.GetString(item.Name), new() { ["type"] = SignatureReader.Node(reader, item.Type).Text });
            }
        }
    }

    public ApiMember Method(MethodDefinitionHandle handle)
    {
        var method = reader.GetMethodDefinition(handle);
        var name = reader.GetString(method.Name);
        var signature = method.DecodeSignature(SignatureReader.Instance, null);
        var attributes = method.Attributes;
        var isVirtual = attributes.HasFlag(MethodAttributes.Virtual);
        var isOverride = isVirtual && !attributes.HasFlag(MethodAttributes.NewSlot);
        // What implements an interface without being declared virtual is virtual and final in metadata.
        var isOpen = isVirtual && !attributes.HasFlag(MethodAttributes.Final);
        var traits = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["returns"] = signature.ReturnType.Text,
            ["access"] = Access((FieldAttributes)(attributes & MethodAttributes.MemberAccessMask)) ?? "private",
            ["static"] = $"{attributes.HasFlag(MethodAttributes.Static)}",
            ["virtual"] = $"{isOpen}",
            ["abstract"] = $"{attributes.HasFlag(MethodAttributes.Abstract)}",
            ["type parameters"] = GenericParameters.Text(reader, method.GetGenericParameters()),
        };
        AttributeTraits.Add(reader, method.GetCustomAttributes(), traits);
        var annotations = Parameters(method, signature, traits);
        return new ApiMember
        {
            Key = Key(name, signature),
            Name = name,
            Traits = traits,
            Annotations = annotations,
            IsOverride = isOverride,
            IsAbstract = attributes.HasFlag(MethodAttributes.Abstract),
            IsAccessor = attributes.HasFlag(MethodAttributes.SpecialName) && name.Split('_')[0] is "get" or "set" or "add" or "remove",
        };
    }

    /// <summary>Name, arity and parameter types; conversions differ by what they return.</summary>
    public static string Key(string name, MethodSignature<TypeNode> signature)
    {
        var arity = signature.GenericParameterCount == 0 ? "" : $"``{signature.GenericParameterCount}";
        var result = name is "op_Implicit" or "op_Explicit" ? $" : {signature.ReturnType}" : "";
        return $"{name}{arity}({string.Join(",", signature.ParameterTypes)}){result}";
    }

    private byte[] Parameters(MethodDefinition method, MethodSignature<TypeNode> signature, SortedDictionary<string, string> traits)
    {
        var context = AttributeReader.NullableContext(reader, method.GetCustomAttributes()) ?? typeContext;
        var bytes = new byte[signature.ParameterTypes.Length + 1][];
        bytes[0] = signature.ReturnType.Annotations(null, context);
        for (var index = 0; index < signature.ParameterTypes.Length; index++)
        {
            bytes[index + 1] = signature.ParameterTypes[index].Annotations(null, context);
        }

        foreach (var handle in method.GetParameters())
        {
            var parameter = reader.GetParameter(handle);
            var node = parameter.SequenceNumber == 0 ? signature.ReturnType : signature.ParameterTypes[parameter.SequenceNumber - 1];
            bytes[parameter.SequenceNumber] = node.Annotations(AttributeReader.Nullable(reader, parameter.GetCustomAttributes()), context);
            if (parameter.SequenceNumber == 0)
            {
                continue;
            }

            var details = new SortedDictionary<string, string>(StringComparer.Ordinal);
            AttributeTraits.Add(reader, parameter.GetCustomAttributes(), details);
            var direction = parameter.Attributes & (ParameterAttributes.In | ParameterAttributes.Out);
            var value = parameter.GetDefaultValue().IsNil ? "" : $" = {Constant(parameter.GetDefaultValue())}";
            var marks = string.Concat(details.Select(detail => $"[{detail.Key}{(detail.Value.Length == 0 ? "" : ": " + detail.Value)}] "));
            traits[$"parameter {parameter.SequenceNumber}"] =
                $"{marks}{(direction == 0 ? "" : direction + " ")}{reader.GetString(parameter.Name)}{value}";
        }

        return [.. bytes.SelectMany(item => item)];
    }

    private ApiMember Field(FieldDefinition field, string access)
    {
        var type = field.DecodeSignature(SignatureReader.Instance, null);
        var traits = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["type"] = type.Text,
            ["access"] = access,
            ["static"] = $"{field.Attributes.HasFlag(FieldAttributes.Static)}",
            ["readonly"] = $"{field.Attributes.HasFlag(FieldAttributes.InitOnly)}",
        };
        if (!field.GetDefaultValue().IsNil)
        {
            traits["value"] = Constant(field.GetDefaultValue());
        }

        AttributeTraits.Add(reader, field.GetCustomAttributes(), traits);
        var name = reader.GetString(field.Name);
        return Plain($"field {name}", name, traits, type.Annotations(AttributeReader.Nullable(reader, field.GetCustomAttributes()), typeContext));
    }

    private ApiMember Property(PropertyDefinition property)
    {
        var signature = property.DecodeSignature(SignatureReader.Instance, null);
        var traits = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["type"] = signature.ReturnType.Text };
        AttributeTraits.Add(reader, property.GetCustomAttributes(), traits);
        var name = reader.GetString(property.Name);
        var index = signature.ParameterTypes.IsEmpty ? "" : $"[{string.Join(",", signature.ParameterTypes)}]";
        var accessor = property.GetAccessors().Getter.IsNil ? property.GetAccessors().Setter : property.GetAccessors().Getter;
        var isOverride = (reader.GetMethodDefinition(accessor).Attributes & (MethodAttributes.Virtual | MethodAttributes.NewSlot)) == MethodAttributes.Virtual;
        return Plain($"property {name}{index}", name, traits, isOverride: isOverride);
    }

    private static ApiMember Plain(string key, string name, SortedDictionary<string, string> traits, byte[]? annotations = null, bool isOverride = false) => new()
    {
        Key = key,
        Name = name,
        Traits = traits,
        Annotations = annotations ?? [],
        IsOverride = isOverride,
        IsAbstract = false,
        IsAccessor = false,
    };

    private bool IsVisible(MethodDefinitionHandle handle) =>
        !handle.IsNil && Access((FieldAttributes)(reader.GetMethodDefinition(handle).Attributes & MethodAttributes.MemberAccessMask)) is not null;

    // Field and method access have the same values. Protected internal is protected for everybody else.
    private static string? Access(FieldAttributes access) => access switch
    {
        FieldAttributes.Public => "public",
        FieldAttributes.Family or FieldAttributes.FamORAssem => "protected",
        _ => null,
    };

    private string Constant(ConstantHandle handle)
    {
        var constant = reader.GetConstant(handle);
        var value = reader.GetBlobReader(constant.Value).ReadConstant(constant.TypeCode);
        return Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : value is null ? "null" : "\"\"";
    }
}
