using Orleans.Metadata;

namespace Orleans.Metadata
{
    /// <summary>Gives a grain class its grain type.</summary>
    public interface IGrainTypeProviderAttribute
    {
        /// <summary>The grain type.</summary>
        /// <param name="services">The services of the silo.</param>
        /// <param name="type">The grain class.</param>
        /// <returns>The grain type.</returns>
        GrainType GetGrainType(IServiceProvider services, Type type);
    }
}

namespace Orleans
{
    /// <summary>Gives a grain class its grain type; the default is the class name in lower case without the ending "grain".</summary>
    /// <param name="grainType">The grain type.</param>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class GrainTypeAttribute(string grainType) : Attribute, IGrainTypeProviderAttribute
    {
        private readonly GrainType _grainType = GrainType.Create(grainType);

        /// <summary>The grain type.</summary>
        /// <param name="services">Not used.</param>
        /// <param name="type">Not used.</param>
        /// <returns>The grain type.</returns>
        public GrainType GetGrainType(IServiceProvider services, Type type) => _grainType;
    }
}
