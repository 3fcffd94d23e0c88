using System.Globalization;
using System.Reflection;

namespace Orleans.Embedded;

/// <content>Which classes subscribe by their attributes.</content>
internal sealed partial class GrainManifest
{
    /// <summary>The grains that take the events of a namespace because their class says so.</summary>
    /// <param name="matches">Whether an attribute of a class chooses the namespace.</param>
    /// <param name="key">The key of the stream or channel, which becomes the key of the grains.</param>
    public List<GrainId> ImplicitSubscribers<TAttribute>(Func<TAttribute, bool> matches, string key)
        where TAttribute : Attribute
    {
        var ids = new List<GrainId>();
        foreach (var grainClass in _classes.Values)
        {
            if (!grainClass.Type.IsGenericTypeDefinition
                && grainClass.Type.GetCustomAttributes<TAttribute>(inherit: true).Any(matches)
                && KeyFor(grainClass.Type, key) is { } id)
            {
                ids.Add(GrainId.Create(grainClass.GrainType, id));
            }
        }

        ids.Sort();
        return ids;
    }

    // Null: the key of the stream cannot be a key of such a grain.
    private static IdSpan? KeyFor(Type grainClass, string key)
    {
        if (typeof(IGrainWithGuidKey).IsAssignableFrom(grainClass) || typeof(IGrainWithGuidCompoundKey).IsAssignableFrom(grainClass))
        {
            return Guid.TryParse(key, out var guid) ? GrainIdKeyExtensions.CreateGuidKey(guid) : null;
        }

        if (typeof(IGrainWithIntegerKey).IsAssignableFrom(grainClass) || typeof(IGrainWithIntegerCompoundKey).IsAssignableFrom(grainClass))
        {
            return long.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? GrainIdKeyExtensions.CreateIntegerKey(number)
                : null;
        }

        return IdSpan.Create(key);
    }
}
