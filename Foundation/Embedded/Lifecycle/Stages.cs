namespace Orleans.Runtime
{
    /// <summary>The lifecycle of an activation.</summary>
    public interface IGrainLifecycle : ILifecycleObservable
    {
        /// <summary>Adds an object that hands over what it knows when the grain moves to another silo.</summary>
        /// <param name="participant">The object.</param>
        void AddMigrationParticipant(IGrainMigrationParticipant participant);

        /// <summary>Takes such an object out.</summary>
        /// <param name="participant">The object.</param>
        void RemoveMigrationParticipant(IGrainMigrationParticipant participant);
    }

    /// <summary>The lifecycle of a silo.</summary>
    public interface ISiloLifecycle : ILifecycleObservable
    {
    }

    /// <summary>Stages of an activation's life.</summary>
    public static class GrainLifecycleStage
    {
        /// <summary>The first stage.</summary>
        public const int First = int.MinValue;

        /// <summary>State is read.</summary>
        public const int SetupState = 1_000;

        /// <summary>The grain's own activation.</summary>
        public const int Activate = SetupState + 1_000;

        /// <summary>The last stage.</summary>
        public const int Last = int.MaxValue;
    }
}

namespace Orleans
{
    /// <summary>Stages of a silo's life.</summary>
    public static class ServiceLifecycleStage
    {
        /// <summary>The first stage.</summary>
        public const int First = int.MinValue;

        /// <summary>The runtime sets itself up.</summary>
        public const int RuntimeInitialize = 2_000;

        /// <summary>Services of the runtime start.</summary>
        public const int RuntimeServices = 4_000;

        /// <summary>Storage starts.</summary>
        public const int RuntimeStorageServices = 6_000;

        /// <summary>Services that grains use start.</summary>
        public const int RuntimeGrainServices = 8_000;

        /// <summary>After the services that grains use.</summary>
        public const int AfterRuntimeGrainServices = 8_100;

        /// <summary>Services of the application start.</summary>
        public const int ApplicationServices = 10_000;

        /// <summary>The silo joins the cluster.</summary>
        public const int BecomeActive = Active - 1;

        /// <summary>The silo is active; grain calls work.</summary>
        public const int Active = 20_000;

        /// <summary>The last stage.</summary>
        public const int Last = int.MaxValue;
    }
}
